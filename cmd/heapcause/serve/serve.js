"use strict";
(() => {
  const $ = (id) => document.getElementById(id);

  // a choice of theme holds for all pages
  try {
    const kept = localStorage.getItem("theme"), now = document.documentElement.dataset;
    const dark = () => (now.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
    if (kept && (kept === "dark") !== dark()) $("theme").click();
    $("theme").addEventListener("click", () => localStorage.setItem("theme", now.theme));
  } catch { /* storage is turned off */ }

  // nodes of the dominator tree come when they are opened
  document.addEventListener("toggle", async (e) => {
    const node = e.target, of = node.dataset && node.dataset.of;
    if (!of || !node.open) return;
    delete node.dataset.of;
    const place = node.lastElementChild;
    place.textContent = "…";
    try {
      const answer = await fetch("/children?of=" + encodeURIComponent(of));
      if (!answer.ok) throw new Error(answer.statusText);
      const list = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("ul");
      place.replaceWith(document.adoptNode(list));
    } catch (err) {
      place.textContent = "No answer (" + err.message + "): open it as a page";
      node.dataset.of = of;
    }
  }, true);

  // the box of the treemap that is told about
  const told = $("told"), look = $("look");
  if (told && look) {
    const show = () => {
      const found = told.textContent.match(/ @ (0x[0-9a-f]+)$/);
      if (found) look.href = "/show?of=" + found[1];
      look.hidden = !look.href;
    };
    new MutationObserver(show).observe(told, { childList: true, characterData: true, subtree: true });
  }

  // query: completion
  const q = $("q"), list = $("words");
  if (!q) return;
  let words = [], at = -1, asked = 0;
  const close = () => { list.hidden = true; words = []; at = -1; q.removeAttribute("aria-activedescendant"); };
  const mark = (n) => {
    at = n;
    [...list.children].forEach((li, i) => li.setAttribute("aria-selected", String(i === n)));
    if (list.children[n]) { list.children[n].scrollIntoView({ block: "nearest" }); q.setAttribute("aria-activedescendant", list.children[n].id); }
  };
  const take = (n) => {
    const before = q.value.slice(0, q.selectionStart), start = begin(before, words[n]);
    q.setRangeText(words[n], start, q.selectionStart, "end");
    close();
    q.focus();
  };
  // the longest end of the text that the word begins with is what it completes
  const begin = (before, word) => {
    for (let n = Math.min(before.length, word.length); n > 0; n--) {
      if (before.slice(-n).toLowerCase() === word.slice(0, n).toLowerCase() && !/[\w.$]/.test(before.slice(-n - 1, -n))) return before.length - n;
    }
    return before.length - before.match(/[\w.$]*$/)[0].length;
  };
  const complete = async () => {
    const turn = ++asked, pos = new TextEncoder().encode(q.value.slice(0, q.selectionStart)).length;
    const answer = await fetch("/complete?pos=" + pos + "&q=" + encodeURIComponent(q.value)).catch(() => null);
    if (!answer || !answer.ok || turn !== asked) return;
    words = await answer.json();
    list.textContent = "";
    words.forEach((w, i) => {
      const li = document.createElement("li");
      li.id = "word" + i;
      li.setAttribute("role", "option");
      li.textContent = w;
      li.addEventListener("mousedown", (e) => { e.preventDefault(); take(i); });
      list.append(li);
    });
    list.hidden = words.length === 0;
    if (words.length) mark(0);
  };
  q.setAttribute("aria-controls", "words");
  q.addEventListener("keydown", (e) => {
    if (e.key === " " && e.ctrlKey) { complete(); e.preventDefault(); return; }
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) { $("run").click(); e.preventDefault(); return; }
    if (list.hidden) return;
    if (e.key === "ArrowDown" || e.key === "ArrowUp") { mark((at + (e.key === "ArrowDown" ? 1 : words.length - 1)) % words.length); e.preventDefault(); }
    if (e.key === "Enter" || e.key === "Tab") { take(at); e.preventDefault(); }
    if (e.key === "Escape") { close(); e.preventDefault(); }
  });
  q.addEventListener("input", () => { asked++; if (!list.hidden) complete(); });
  q.addEventListener("blur", close);
})();
