"use strict";
(() => {
  const $ = (id) => document.getElementById(id);

  // theme
  const theme = $("theme"), dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
  const showTheme = () => { theme.textContent = isDark() ? "Light" : "Dark"; theme.setAttribute("aria-pressed", String(isDark())); };
  theme.hidden = false;
  theme.addEventListener("click", () => { document.documentElement.dataset.theme = isDark() ? "light" : "dark"; showTheme(); });
  dark.addEventListener("change", showTheme);
  showTheme();

  // tables: sort by a column, search in rows
  for (const table of document.querySelectorAll("table.data")) {
    const body = table.tBodies[0], rows = [...body.rows], heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, i) => {
      const numeric = rows.some((r) => r.cells[i] && r.cells[i].classList.contains("n"));
      if (numeric) head.classList.add("n");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.textContent = "";
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") ? head.getAttribute("aria-sort") === "ascending" : numeric;
        heads.forEach((h) => h.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const key = (r) => { const c = r.cells[i]; return c.dataset.v === undefined ? null : Number(c.dataset.v); };
        const order = rows.map((r, n) => ({ r, n, v: key(r), t: r.cells[i].textContent }));
        order.sort((a, b) => {
          let c = a.v !== null && b.v !== null ? a.v - b.v : a.t < b.t ? -1 : a.t > b.t ? 1 : 0;
          if (down) c = -c;
          return c || a.n - b.n;
        });
        body.append(...order.map((x) => x.r));
      });
    });
    if (rows.length > 8) {
      const search = document.createElement("input");
      search.type = "search";
      search.className = "search";
      search.placeholder = "Search " + rows.length + " rows";
      search.setAttribute("aria-label", "Search in the table");
      search.addEventListener("input", () => {
        const want = search.value.toLowerCase();
        for (const r of rows) r.hidden = want !== "" && !r.textContent.toLowerCase().includes(want);
      });
      table.parentNode.before(search);
    }
  }

  // dominator tree
  const data = $("data");
  if (!data) return;
  const rows = JSON.parse(data.textContent);
  const root = { c: "all", l: "", r: 0, n: 0, kids: [], up: null };
  rows.forEach((row, i) => { row.i = i; row.kids = []; });
  rows.forEach((row) => { row.up = row.p < 0 ? root : rows[row.p]; row.up.kids.push(row); });
  for (const k of root.kids) root.r += k.r;
  const map = $("map"), crumbs = $("crumbs"), up = $("up"), told = $("told");
  document.querySelector(".map").hidden = false;

  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const bytes = (n) => { let u = 0; while (n >= 1024 && u < 4) { n /= 1024; u++; } return (u && n < 10 ? n.toFixed(1) : Math.round(n)) + " " + units[u]; };
  const name = (x) => { const c = x.c.replace(/^class /, ""), dims = c.match(/(\[\])*$/)[0]; return c.slice(c.lastIndexOf(".") + 1) || c + dims; };
  const text = (x) => name(x) + (x.n > 1 ? " × " + x.n.toLocaleString("en") : "");
  const about = (x) => bytes(x.r) + " (" + (100 * x.r / root.r).toFixed(1) + " %) " + (x.l ? x.l + " " : "") + x.c + (x.n > 1 ? " × " + x.n.toLocaleString("en") : "") + (x.a ? " @ " + x.a : "");
  const color = (x, depth) => { // by package, so that one library has one hue
    const c = x.c.replace(/^class /, ""), pack = c.includes(".") ? c.slice(0, c.lastIndexOf(".")) : c;
    let h = 0;
    for (let i = 0; i < pack.length; i++) h = (h * 31 + pack.charCodeAt(i)) % 360;
    return "hsl(" + h + " 45% " + (isDark() ? 62 : 78) + "%)" + (depth % 2 ? "" : "");
  };

  let view = "treemap", at = root, boxes = [], focus = -1;

  // squarified treemap: Bruls, Huizing and van Wijk, 2000
  const squarify = (items, x, y, w, h, put) => {
    let i = 0;
    let total = items.reduce((s, k) => s + k.r, 0);
    while (i < items.length && w > 0 && h > 0 && total > 0) {
      const side = Math.min(w, h), scale = w * h / total;
      let row = [], sum = 0, worst = Infinity;
      while (i < items.length) {
        const s = sum + items[i].r, area = s * scale, max = (row.length ? row[0].r : items[i].r) * scale, min = items[i].r * scale;
        const next = Math.max(side * side * max / (area * area), area * area / (side * side * Math.max(min, 1e-9)));
        if (row.length && next > worst) break;
        row.push(items[i++]);
        sum = s;
        worst = next;
      }
      const thick = sum * scale / side;
      let pos = 0;
      for (const k of row) {
        const len = side * k.r / sum;
        if (w >= h) put(k, x, y + pos, thick, len); else put(k, x + pos, y, len, thick);
        pos += len;
      }
      if (w >= h) { x += thick; w -= thick; } else { y += thick; h -= thick; }
      total -= sum;
    }
  };

  const box = (x, left, top, w, h, depth) => {
    if (w < 3 || h < 3) return;
    const div = document.createElement("div");
    div.style.cssText = "left:" + left.toFixed(1) + "px;top:" + top.toFixed(1) + "px;width:" + w.toFixed(1) + "px;height:" + h.toFixed(1) + "px;background:" + color(x, depth);
    if (w > 30 && h > 13) div.textContent = text(x) + " " + bytes(x.r);
    if (x.kids.length) div.dataset.open = "";
    div.title = about(x);
    div.dataset.i = x.i;
    const n = boxes.push({ x, div, left, top, w, h, depth }) - 1;
    div.addEventListener("click", (e) => { e.stopPropagation(); choose(n); if (x.kids.length) go(x); });
    map.append(div);
  };

  const treemap = (x, left, top, w, h, depth) => {
    squarify([...x.kids].sort((a, b) => b.r - a.r), left, top, w, h, (k, kx, ky, kw, kh) => {
      box(k, kx, ky, kw, kh, depth);
      if (depth < 3 && kw > 50 && kh > 44 && k.kids.length) {
        const inner = k.kids.reduce((s, c) => s + c.r, 0) / Math.max(k.r, 1); // the part that the children have
        treemap(k, kx + 3, ky + 17, (kw - 6), (kh - 20) * Math.min(1, inner), depth + 1);
      }
    });
  };

  const flame = (x, left, top, w, depth) => {
    let pos = left;
    for (const k of [...x.kids].sort((a, b) => b.r - a.r)) {
      const kw = w * k.r / Math.max(x.r, 1);
      if (kw < 3 || depth > 28) continue;
      box(k, pos, top, kw, 17, depth);
      flame(k, pos, top + 17, kw, depth + 1);
      pos += kw;
    }
  };

  const draw = () => {
    map.textContent = "";
    boxes = [];
    focus = -1;
    const w = map.clientWidth, h = map.clientHeight;
    if (view === "treemap") treemap(at, 0, 0, w, h, 0); else flame(at, 0, 0, w, 0);
    up.disabled = at === root;
    const path = [];
    for (let x = at; x && x !== root; x = x.up) path.unshift(text(x));
    crumbs.textContent = path.join(" › ");
    told.textContent = at === root ? "\u00a0" : about(at);
  };

  const go = (x) => { at = x; draw(); };
  const choose = (n) => {
    if (focus >= 0 && boxes[focus]) boxes[focus].div.classList.remove("at");
    focus = n;
    boxes[n].div.classList.add("at");
    told.textContent = about(boxes[n].x);
  };

  up.addEventListener("click", () => { if (at.up) go(at.up); });
  for (const b of document.querySelectorAll("[data-view]")) {
    b.addEventListener("click", () => {
      view = b.dataset.view;
      document.querySelectorAll("[data-view]").forEach((o) => o.setAttribute("aria-pressed", String(o === b)));
      draw();
    });
  }
  map.addEventListener("mouseover", (e) => { const i = e.target.dataset && e.target.dataset.i; if (i !== undefined) told.textContent = about(rows[i]); });
  map.addEventListener("keydown", (e) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key];
    if (step && boxes.length) { choose(((focus < 0 ? (step > 0 ? -1 : 0) : focus) + step + boxes.length) % boxes.length); e.preventDefault(); }
    if (e.key === "Enter" && focus >= 0 && boxes[focus].x.kids.length) { go(boxes[focus].x); e.preventDefault(); }
    if ((e.key === "Backspace" || e.key === "Escape") && at.up) { go(at.up); e.preventDefault(); }
  });
  let resizing = 0;
  addEventListener("resize", () => { cancelAnimationFrame(resizing); resizing = requestAnimationFrame(draw); });
  theme.addEventListener("click", draw);
  draw();
})();
