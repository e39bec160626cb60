// Dragging over the records per minute names a window of time: the fields of #compare take it. console.js draws the plot.
"use strict";
(() => {
  const form = document.querySelector("#compare");
  if (!form) return;
  const { before, after, side } = form.elements;
  const stamp = (at) => new Date(at * 1000).toISOString().slice(0, 16);
  const window_ = (from, to) => `${stamp(from)}/${stamp(to)}`;
  const name = (from, to) => {
    if (side && side.value === "before") { before.value = window_(from, to); return; }
    after.value = window_(from, to);
    if (!side) before.value = window_(2 * from - to, from);  // as long, right before
  };
  const told = document.querySelector("#brushed");
  const take = (self) => {
    const { left, width } = self.select;
    if (width < 3) return;
    const [from, to] = [left, left + width].map((x) => Math.round(self.posToVal(x, "x") / 60) * 60);
    name(from, Math.max(to, from + 60));
    if (!told) { form.requestSubmit(); return; }
    told.textContent = `${after.value.replace("T", " ").replace(/\/.*T/, " to ")} UTC with the same length before`;
    form.hidden = false;
    form.querySelector("button").focus();
  };
  const bands = (self) => {
    const { ctx, bbox: { left, top, width, height } } = self, style = getComputedStyle(document.documentElement);
    ctx.save();
    for (const { word, since, until } of JSON.parse(document.querySelector("#windows")?.textContent || "[]")) {
      const [from, to] = [since, until].map((at) => Math.min(Math.max(self.valToPos(at, "x", true), left), left + width));
      ctx.fillStyle = style.getPropertyValue("--focus");
      ctx.globalAlpha = word === "earlier" ? 0.12 : 0.24;
      ctx.fillRect(from, top, Math.max(to - from, 2), height);
      ctx.globalAlpha = 1;
      ctx.fillStyle = style.getPropertyValue("--text");
      ctx.font = `${11 * devicePixelRatio}px sans-serif`;
      ctx.textAlign = "center";
      if (to - from > 50 * devicePixelRatio) ctx.fillText(word, (from + to) / 2, top + 12 * devicePixelRatio);
    }
    ctx.restore();
  };
  window.brush = [{
    opts: (self, options) => { options.cursor.drag = { x: true, y: false, setScale: false }; },
    hooks: { setSelect: take, drawAxes: bands },
  }];
})();
