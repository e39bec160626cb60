// Live parts, plots, the log, keys. Every page reads without this script.
"use strict";
(() => {
  const root = document.documentElement, main = document.querySelector("main");
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const on = (target, name, act) => target.addEventListener(name, act);
  const block = (id) => JSON.parse(one(`script#${id}`)?.textContent || "null");
  const make = (tag, values, ...children) => { const node = Object.assign(document.createElement(tag), values); node.append(...children); return node; };
  root.dataset.js = "";

  // ---- ages, by the server's clock: a phone's may be wrong ----
  let skew = root.dataset.now * 1000 - Date.now();
  const length = (seconds) => {
    const whole = Math.floor(Math.abs(seconds));
    const [unit, size] = whole < 90 ? ["s", 1] : whole < 5400 ? ["min", 60] : whole < 172800 ? ["h", 3600] : ["d", 86400];
    return `${Math.floor(whole / size)} ${unit}`;
  };
  const write = (node, text) => { if (node.textContent !== text) node.textContent = text; };
  const tick = () => all("time").forEach((node) => {
    const at = new Date(node.dateTime), age = (Date.now() + skew - at) / 1000;
    write(node, "for" in node.dataset ? `for ${length(age)}` : age > -1 ? `${length(age)} ago` : `in ${length(age)}`);
    if (!node.title.includes("\n")) node.title += `\n${at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" })}`;
  });

  // ---- morph: change what differs, so that focus and scroll stay ----
  const flash = (node) => {
    if (node.closest("time")) return;
    node.classList.remove("changed");
    void node.offsetWidth;  // starts the animation anew
    node.classList.add("changed");
  };
  const keyOf = (node) => node.nodeType === 1 ? node.id || node.dataset.key || node.tagName : node.nodeType;
  const OURS = ["open", "class", "hidden"];  // set by the viewer or by us
  const morph = (old, fresh) => {
    if (old.nodeType === 3 && old.data !== fresh.data) {
      old.data = fresh.data;
      if (fresh.data.trim()) flash(old.parentElement);
    }
    if (old.nodeType !== 1 || old.isEqualNode(fresh)) return;
    for (const { name } of [...old.attributes]) if (!OURS.includes(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes) if (!OURS.includes(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
    let place = old.firstChild;
    const dropUntil = (end) => { while (place !== end) { const gone = place; place = place.nextSibling; gone.remove(); } };
    for (const child of [...fresh.childNodes]) {
      let match = place;
      while (match && keyOf(match) !== keyOf(child)) match = match.nextSibling;
      if (!match) { old.insertBefore(child, place); continue; }
      dropUntil(match);
      place = match.nextSibling;
      morph(match, child);
    }
    dropUntil(null);
  };
  const replace = (id, html) => {
    const old = document.getElementById(id), fresh = make("template", { innerHTML: html }).content.firstElementChild;
    if (!old) return;
    const { name, verdict } = fresh.dataset, isNew = verdict && verdict !== old.dataset.verdict;
    morph(old, fresh);
    if (isNew) one("#announce").textContent = `${name} is now: ${verdict}. ${one(".reasons li, .why", old)?.textContent || ""}`;
    if (isNew && id === "head") document.title = `${verdict}: ${name} · Accelerapp`;
  };

  // ---- streams, only while the tab is seen: browsers allow six connections to a server ----
  const live = one("#live");
  let heard = 0, lost = 0;
  const say = () => {
    if (!heard) return;
    const silent = (Date.now() - heard) / 1000, isLost = (lost && Date.now() - lost > 2500) || silent > 20;
    live.hidden = false;
    live.dataset.state = isLost ? "lost" : "live";
    write(one("span:last-child", live), `${isLost ? "Connection lost, retrying. " : ""}Updated ${length(silent)} ago`);
  };
  const stream = (url, handlers) => {
    let source, retry;
    const close = () => { clearTimeout(retry); source?.close(); source = null; };
    const open = () => {
      close();
      source = new EventSource(url);
      source.onerror = () => {
        lost ||= Date.now();
        if (source?.readyState === EventSource.CLOSED) retry = setTimeout(open, 3000);  // an answer that was no stream
      };
      for (const name in handlers) on(source, name, ({ data }) => { heard = Date.now(); lost = 0; handlers[name](JSON.parse(data)); say(); });
    };
    const look = () => document.hidden ? close() : source || open();
    heard ||= Date.now();
    on(document, "visibilitychange", look);
    on(window, "pagehide", close);
    on(window, "pageshow", look);
    look();
    return () => { document.removeEventListener("visibilitychange", look); window.removeEventListener("pageshow", look); close(); };
  };

  // ---- plots ----
  const style = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const drawn = new Map();
  const number = (value) => value?.toLocaleString("en", { maximumFractionDigits: value < 100 ? 2 : 0 }) ?? "–";
  const axis = (more) => ({ stroke: style("--muted"), font: `12px ${style("--sans")}`, grid: { stroke: style("--line"), width: 1 }, ticks: { show: false }, ...more });
  const clock = (self, splits) => splits.map((at) => {
    const far = self.scales.x.max - self.scales.x.min > 90000;
    return new Date(at * 1000).toLocaleString(undefined, far ? { month: "short", day: "numeric" } : { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  });
  const tip = (unit) => {
    const box = make("div", { className: "tip", hidden: true });
    const show = (self) => {
      const { left, idxs } = self.cursor, width = self.over.clientWidth;
      box.hidden = !(left >= 0);
      if (box.hidden) return;
      const lines = self.series.slice(1).map(({ label }, index) => `${label}  ${number(self.data[index + 1][idxs[index + 1]])} ${unit}`);
      box.textContent = [new Date(self.posToVal(left, "x") * 1000).toLocaleTimeString(), ...lines].join("\n");
      box.style.left = left > width / 2 ? "" : `${left + 12}px`;
      box.style.right = left > width / 2 ? `${width - left + 12}px` : "";
    };
    return { hooks: { init: (self) => self.over.append(box), setCursor: show } };
  };
  const marks = (list, since, limit) => ({ hooks: { draw: (self) => {
    const { ctx, bbox: { left, top, width, height } } = self, pixel = devicePixelRatio;
    const line = (colour, dash, label, x, y, toX, toY, labelX, labelY, align) => {
      Object.assign(ctx, { strokeStyle: colour, fillStyle: colour, textAlign: align });
      ctx.setLineDash(dash);
      ctx.beginPath();
      ctx.moveTo(x, y);
      ctx.lineTo(toX, toY);
      ctx.stroke();
      ctx.fillText(label, labelX, labelY);
    };
    ctx.save();
    ctx.lineWidth = pixel;
    ctx.font = `${11 * pixel}px ${style("--sans")}`;
    let labelled = Infinity;  // newest first; an older one that is close has no room for its name
    for (const { t, label } of list) {
      const x = self.valToPos(since + t, "x", true), late = x > left + width * 0.8, bottom = top + height, fits = labelled - x > 60 * pixel;
      if (fits) labelled = x;
      line(style("--muted"), [], fits ? label.slice(0, 24) : "", x, top, x, bottom, x + (late ? -4 : 4) * pixel, bottom - 5 * pixel, late ? "right" : "left");
    }
    const y = self.valToPos(limit, "y", true);
    if (limit) line(style("--critical"), [5 * pixel, 4 * pixel], `limit ${number(limit)}`, left, y, left + width, y, left + 4 * pixel, y + 12 * pixel, "left");
    ctx.restore();
  } } });
  const plot = (box, data, { series, top = 0, unit, plugins, range }) => {
    drawn.get(box)?.destroy();
    drawn.set(box, new uPlot({
      width: box.clientWidth, height: box.clientHeight, legend: { show: false }, series: [{}, ...series], plugins: [tip(unit), ...plugins],
      cursor: { sync: { key: "page" }, drag: { x: false, y: false }, points: { size: 6 } },
      scales: { x: { range: () => range }, y: { range: (self, low, high) => [Math.min(low || 0, 0) * 1.12, Math.max(high || 0, top) * 1.12 || 1] } },
      axes: [axis({ values: clock, space: 64, size: 28 }), axis({ size: 52, space: 32, values: (self, ticks) => ticks.map((value) => value.toLocaleString("en")) })],
    }, data, box));
  };
  let usage = block("usage");
  const bars = block("minutes");
  const drawUsage = () => usage?.plots.forEach(({ id, unit, limit, lines }) => {
    const box = one(`[data-plot="${id}"]`), { since, span } = usage;
    box.classList.toggle("none", !lines.length);
    if (lines.length) plot(box, uPlot.join(lines.map(({ t, v }) => [t.map((at) => at + since), v])), {
      unit, range: [since, since + span], top: limit || 0, plugins: [marks(usage.marks, since, limit)],
      series: lines.map(({ name }, index) => ({ label: name, stroke: style(`--line-${index % 6}`), width: 1.5, points: { show: false }, dash: index > 5 ? [6, 3] : undefined })),
    });
  });
  const drawBars = () => {
    if (!bars) return;
    const { since, step, total, warnings, errors } = bars;
    const layer = (label, name) => ({ label, fill: style(name), width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.85, 40] }) });
    // Back to front.
    plot(one("[data-bars]"), [total.map((_, index) => since + index * step), total, warnings.map((value, index) => value + errors[index]), errors], {
      unit: "", range: [since - step / 2, since + (total.length - 0.5) * step], plugins: window.brush || [],
      series: [layer("all", "--line-strong"), layer("warnings and errors", "--warning"), layer("errors", "--critical")],
    });
  };
  const draw = () => { if (window.uPlot) { drawUsage(); drawBars(); } };
  if (main.dataset.stream) stream(main.dataset.stream, {
    parts: ({ at, parts }) => {
      skew = at * 1000 - Date.now();
      for (const id in parts) replace(id, parts[id]);
      sift();
      tick();
    },
    usage: (data) => { usage = data; draw(); },
  });

  // ---- the log: follow, pause, wrap ----
  const log = one("#log"), button = one("#follow"), wrap = one("#wrap");
  if (log) {
    let stop = null;
    const add = ({ reset, lines, trouble }) => {
      const stays = !reset && log.scrollHeight - log.scrollTop - log.clientHeight > 40;
      if (reset) log.replaceChildren();
      log.append(...lines.map(([who, level, text, rest]) => {
        const row = make("div", {}, make("b", { textContent: who, title: who }), make("span", { textContent: text, dir: "auto" }));
        if (level) row.dataset.level = level;
        if (rest) row.append(make("i", { textContent: rest, dir: "auto" }));
        return row;
      }));
      while (log.childElementCount > 3000) log.firstElementChild.remove();
      if (!stays) log.scrollTop = log.scrollHeight;
      const count = log.childElementCount;
      write(one("#log-count"), `${count} line${count === 1 ? "" : "s"}`);
      write(one("#log-trouble > span:last-child"), trouble);
      one("#log-trouble").hidden = !trouble;
    };
    const toggle = () => {
      if (stop) { stop(); stop = null; live.hidden = true; heard = 0; }
      else stop = stream(button.dataset.follow, { lines: add });
      button.textContent = stop ? "Pause" : "Follow";
    };
    const wrapped = () => { log.classList.toggle("wrap", wrap.checked); localStorage.setItem("wrap", wrap.checked ? "1" : ""); };
    wrap.checked = localStorage.getItem("wrap");
    on(wrap, "change", wrapped);
    wrapped();
    log.scrollTop = log.scrollHeight;
    if (button) { on(button, "click", toggle); toggle(); }
    all(".filter select, [name=raw]").forEach((field) => on(field, "change", () => field.form.requestSubmit()));
  }

  // ---- the filter of services ----
  const filter = one("#filter");
  function sift() {
    if (filter?.dataset.filter) all("tr[data-name]").forEach((row) => { row.hidden = !row.dataset.name.includes(filter.value.toLowerCase()); });
  }
  if (filter?.dataset.filter) on(filter, "input", () => {
    sift();
    history.replaceState(null, "", filter.value ? `?q=${encodeURIComponent(filter.value)}` : location.pathname);
  });

  // ---- palette, colours, keys ----
  const palette = one("#palette"), query = one("input", palette), places = one("#places");
  const SECTIONS = [["", "overview"], ["/logs", "logs"], ["/review", "log review"], ["/health", "health"]];
  const list = () => {
    const words = query.value.toLowerCase().split(/\s+/);
    const found = [["Services", "/"], ...block("services").flatMap((name) => SECTIONS.map(([path, word]) => [`${name} ${word}`, `/services/${name}${path}`])), ["Account", "/account"]]
      .filter(([title]) => words.every((word) => title.toLowerCase().includes(word))).slice(0, 50);
    places.replaceChildren(...found.map(([textContent, href]) => make("li", {}, make("a", { textContent, href }))));
  };
  on(query, "input", list);
  on(palette, "keydown", (event) => {
    const links = all("a", places), step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); (links[links.indexOf(document.activeElement) + step] || query).focus(); }
    if (event.key === "Enter" && event.target === query) { event.preventDefault(); links[0]?.click(); }
  });
  const acts = {
    palette: () => { query.value = ""; list(); palette.showModal(); },
    keys: () => one("#keys").showModal(),
    theme: () => {
      const theme = { auto: "light", light: "dark" }[root.dataset.theme] || "auto", tool = one("[data-do=theme]");
      root.dataset.theme = theme;
      document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
      one("#dark").media = { light: "not all", dark: "all" }[theme] || "(prefers-color-scheme: dark)";
      tool.title = one("#announce").textContent = `Colours: ${theme}`;
      setTimeout(draw, 50);
    },
  };
  on(document, "click", ({ target }) => {
    acts[target.closest("[data-do]")?.dataset.do]?.();
    if (target.matches("dialog")) target.close();
    all("details.menu[open]").forEach((menu) => { menu.open = menu.contains(target); });
  });
  on(document, "submit", ({ target }) => all("[data-once]", target).forEach((each) => { each.disabled = true; }));
  on(window, "pageshow", () => all("[data-once]").forEach((each) => { each.disabled = false; }));
  let went = 0;
  on(document, "keydown", (event) => {
    const { key } = event, command = event.ctrlKey || event.metaKey;
    if (command && key.toLowerCase() === "k") { event.preventDefault(); if (!one("dialog[open]")) acts.palette(); }
    if (key === "Escape") all("details.menu[open]").forEach((menu) => { menu.open = false; one("summary", menu).focus(); });
    if (command || event.altKey || event.target.matches("input, select, textarea") || one("dialog[open]")) return;
    if (Date.now() - went < 1500) one(`.rail [data-key="${CSS.escape(key)}"]`)?.click();
    went = key === "g" ? Date.now() : 0;
    if (key === "?") acts.keys();
    if (key === "/" && filter) { event.preventDefault(); filter.select(); }
  });

  tick();
  setInterval(() => { say(); tick(); }, 1000);
  on(matchMedia("(prefers-color-scheme: dark)"), "change", draw);
  new ResizeObserver(() => drawn.forEach((self, box) => self.setSize({ width: box.clientWidth, height: box.clientHeight }))).observe(main);
  draw();
})();
