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
    if (rows.length > 10) {
      const search = document.createElement("input");
      search.type = "search";
      search.className = "search";
      search.placeholder = "Search " + rows.length + " rows";
      search.setAttribute("aria-label", "Search in the table");
      const found = document.createElement("output");
      found.className = "found";
      search.addEventListener("input", () => {
        const want = search.value.toLowerCase();
        let n = 0;
        for (const r of rows) if (!(r.hidden = want !== "" && !r.textContent.toLowerCase().includes(want))) n++;
        found.textContent = want === "" ? "" : n + " of " + rows.length + " rows";
      });
      table.parentNode.before(search, found);
    }
  }

  // a link to what is folded opens it
  const unfold = () => {
    const target = location.hash && $(location.hash.slice(1));
    for (let d = target; d; d = d.parentElement) if (d.tagName === "DETAILS") d.open = true;
  };
  addEventListener("hashchange", unfold);

  // paper cannot unfold: findings are printed with their evidence
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("#findings details:not([open])")];
    for (const d of folded) d.open = true;
  });
  addEventListener("afterprint", () => { for (const d of folded) d.open = false; });

  // dominator tree
  const data = $("data");
  if (!data) return;
  const { nodes: rows, loaders } = JSON.parse(data.textContent);
  const newRoot = () => ({ c: "all", l: "", r: 0, n: 0, o: 0, kids: [], up: null });
  const packageOf = (x) => {
    const c = x.c.replace(/^class /, ""), dot = c.lastIndexOf(".");
    return c.startsWith("thread ") ? "java.lang" : dot < 0 ? (/^(boolean|byte|char|short|int|long|float|double)\[/.test(c) ? "arrays of primitives" : "unnamed package") : c.slice(0, dot);
  };
  const keys = { class: (x) => x.c.replace(/^thread .*/, "threads"), package: packageOf, loader: (x) => loaders[x.d || 0] };

  const objects = newRoot();
  rows.forEach((row) => { row.kids = []; row.hue = packageOf(row); });
  rows.forEach((row) => { row.up = row.p < 0 ? objects : rows[row.p]; row.up.kids.push(row); });
  for (const k of objects.kids) objects.r += k.r;

  // merged is the tree with the children of a node that have one key as one, and what is below a node with its own key within it
  const merged = (key) => {
    const top = newRoot(), todo = [{ group: top, of: objects.kids }];
    top.r = objects.r;
    while (todo.length) {
      const { group, of } = todo.pop(), byKey = new Map(), members = [...of];
      for (let i = 0; i < members.length; i++) {
        const x = members[i], k = key(x);
        if (k === group.c && group !== top) {
          group.n += x.n;
          group.o += x.o || 0;
          members.push(...x.kids);
          continue;
        }
        if (!byKey.has(k)) byKey.set(k, { c: k, hue: key === keys.class ? packageOf(x) : k, l: "", r: 0, n: 0, o: 0, kids: [], up: group, members: [] });
        const g = byKey.get(k);
        g.r += x.r;
        g.n += x.n;
        g.o += x.o || 0;
        g.members.push(x);
      }
      for (const g of byKey.values()) {
        group.kids.push(g);
        todo.push({ group: g, of: g.members.flatMap((x) => x.kids) });
      }
    }
    return top;
  };
  const roots = { object: objects };
  const rootOf = (by) => roots[by] || (roots[by] = merged(keys[by]));

  const map = $("map"), crumbs = $("crumbs"), up = $("up"), told = $("told");
  document.querySelector(".map").hidden = false;

  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const bytes = (n) => { let u = 0; while (n >= 1024 && u < 4) { n /= 1024; u++; } return (u && n < 10 ? n.toFixed(1) : Math.round(n)) + " " + units[u]; };
  const name = (x) => { if (by === "package" || by === "loader") return x.c; const c = x.c.replace(/^class /, ""), dims = c.match(/(\[\])*$/)[0]; return c.slice(c.lastIndexOf(".") + 1) || c + dims; };
  const text = (x) => name(x) + (x.n > 1 ? " × " + x.n.toLocaleString("en") : "");
  const about = (x) => bytes(x.r) + " (" + (100 * x.r / objects.r).toFixed(1) + " %) " + (x.l ? x.l + " " : "") + x.c + (x.n > 1 ? " × " + x.n.toLocaleString("en") : "") + (x.o ? ", of it " + bytes(x.o) + " in small ones" : "") + (x.a ? " @ " + x.a : "");
  const color = (x) => { // by package, so that one library has one hue
    let h = 2166136261; // FNV-1a
    for (let i = 0; i < x.hue.length; i++) h = Math.imul(h ^ x.hue.charCodeAt(i), 16777619) >>> 0;
    return "hsl(" + h % 360 + " 45% " + (isDark() ? 62 : 78) + "%)";
  };

  let view = "treemap", by = "object", root = objects, at = root, boxes = [], focus = -1, wide = 1, high = 1;

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

  const box = (x, left, top, w, h) => {
    if (w < 3 || h < 3) return;
    const div = document.createElement("div"), share = (v, of) => (100 * v / of).toFixed(3) + "%";
    div.style.cssText = "left:" + share(left, wide) + ";top:" + share(top, high) + ";width:" + share(w, wide) + ";height:" + share(h, high) + ";background:" + color(x);
    if (w > 30 && h > 13) div.textContent = text(x) + " " + bytes(x.r);
    if (x.kids.length) div.dataset.open = "";
    div.title = about(x);
    const n = boxes.push({ x, div }) - 1;
    div.dataset.box = n;
    div.setAttribute("aria-hidden", "true"); // told in the line below
    map.append(div);
  };

  const treemap = (x, left, top, w, h, depth) => {
    squarify([...x.kids].sort((a, b) => b.r - a.r), left, top, w, h, (k, kx, ky, kw, kh) => {
      box(k, kx, ky, kw, kh);
      if (depth < 3 && kw > 50 && kh > 44 && k.kids.length) {
        const inner = k.kids.reduce((s, c) => s + c.r, 0) / Math.max(k.r, 1); // the part that the children have
        treemap(k, kx + 3, ky + 17, (kw - 6), (kh - 20) * Math.min(1, inner), depth + 1);
      }
    });
  };

  const deepest = 28; // levels of an icicle
  const levels = (x, w) => {
    let most = 1;
    for (let todo = [{ x, w, d: 0 }]; todo.length;) {
      const { x, w, d } = todo.pop();
      most = Math.max(most, d);
      if (d < deepest) for (const k of x.kids) if (w * k.r / Math.max(x.r, 1) >= 3) todo.push({ x: k, w: w * k.r / Math.max(x.r, 1), d: d + 1 });
    }
    return most;
  };
  const flame = (x, left, w, depth, row) => {
    let pos = left;
    for (const k of [...x.kids].sort((a, b) => b.r - a.r)) {
      const kw = w * k.r / Math.max(x.r, 1);
      if (kw < 3 || depth >= deepest) continue;
      box(k, pos, depth * row, kw, row);
      flame(k, pos, kw, depth + 1, row);
      pos += kw;
    }
  };

  const draw = () => {
    map.textContent = "";
    boxes = [];
    focus = -1;
    wide = map.clientWidth;
    high = map.clientHeight;
    if (view === "treemap") treemap(at, 0, 0, wide, high, 0); else flame(at, 0, wide, 0, Math.min(36, high / levels(at, wide)));
    up.disabled = at === root;
    const path = [];
    for (let x = at; x && x !== root; x = x.up) path.unshift(x);
    crumbs.textContent = "";
    path.forEach((x, i) => {
      const crumb = document.createElement("button");
      crumb.type = "button";
      crumb.textContent = text(x);
      crumb.addEventListener("click", () => go(x));
      if (i === path.length - 1) crumb.setAttribute("aria-current", "location");
      crumbs.append(i ? "› " : "", crumb);
    });
    told.textContent = at === root ? "All: " + bytes(root.r) : about(at);
  };

  const go = (x) => { at = x; draw(); };
  const choose = (n) => {
    if (focus >= 0 && boxes[focus]) boxes[focus].div.classList.remove("at");
    focus = n;
    boxes[n].div.classList.add("at");
    told.textContent = about(boxes[n].x);
  };
  const press = (name, chosen) => document.querySelectorAll("[data-" + name + "]").forEach((o) => o.setAttribute("aria-pressed", String(o === chosen)));

  up.addEventListener("click", () => { if (at.up) go(at.up); });
  for (const b of document.querySelectorAll("[data-view]")) {
    b.addEventListener("click", () => { view = b.dataset.view; press("view", b); draw(); });
  }
  for (const b of document.querySelectorAll("[data-by]")) {
    b.addEventListener("click", () => { by = b.dataset.by; root = rootOf(by); press("by", b); go(root); });
  }
  const boxAt = (e) => { const n = e.target.dataset && e.target.dataset.box; return n === undefined ? undefined : boxes[n]; };
  map.addEventListener("click", (e) => { const b = boxAt(e); if (b) { choose(boxes.indexOf(b)); if (b.x.kids.length) go(b.x); } });
  map.addEventListener("mouseover", (e) => { const b = boxAt(e); if (b) told.textContent = about(b.x); });
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
