// The console's own script: live parts, plots, log follow, keys, palette, colours. Every page reads without it.
"use strict";
(() => {
  const root = document.documentElement;
  const main = document.querySelector("main");
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const block = (id) => { const node = document.getElementById(id); return node && JSON.parse(node.textContent); };
  root.dataset.js = "";

  // ---- time: ages are counted on the server's clock, a phone's may be wrong ----
  let skew = root.dataset.now * 1000 - Date.now();
  const now = () => Date.now() + skew;
  const length = (seconds) => {
    const whole = Math.floor(Math.abs(seconds));
    const [unit, size] = whole < 90 ? ["s", 1] : whole < 5400 ? ["min", 60] : whole < 172800 ? ["h", 3600] : ["d", 86400];
    return `${Math.floor(whole / size)} ${unit}`;
  };
  const tick = () => all("time").forEach((node) => {
    const at = new Date(node.dateTime);
    const age = (now() - at) / 1000;
    const text = "for" in node.dataset ? `for ${length(age)}` : age > -1 ? `${length(age)} ago` : `in ${length(age)}`;
    if (node.textContent !== text) node.textContent = text;
    if (!node.title.includes("\n")) node.title += "\n" + at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" });
  });

  // ---- morph: change only what differs, so that focus, selection and scroll stay ----
  const flash = (node) => {
    if (node.closest("time")) return;
    node.classList.remove("changed");
    void node.offsetWidth;  // starts the animation anew
    node.classList.add("changed");
    node.addEventListener("animationend", () => node.classList.remove("changed"), { once: true });
  };
  const keyOf = (node) => node.nodeType === 1 ? node.id || node.dataset.key || node.tagName : node.nodeType;
  const morphAttributes = (old, fresh) => {
    for (const { name } of [...old.attributes]) {
      const kept = name === "open" || name === "class" || name === "hidden" || (name === "title" && old.tagName === "TIME");
      if (!kept && !fresh.hasAttribute(name)) old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (name !== "open" && old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
  };
  const morph = (old, fresh) => {
    if (old.nodeType === 3) {
      if (old.data === fresh.data) return;
      const parent = old.parentElement;
      old.data = fresh.data;
      if (fresh.data.trim()) flash(parent);
      return;
    }
    if (old.nodeType !== 1 || old.isEqualNode(fresh)) return;
    morphAttributes(old, fresh);
    let place = old.firstChild;
    for (const child of [...fresh.childNodes]) {
      let match = place;
      while (match && keyOf(match) !== keyOf(child)) match = match.nextSibling;
      if (!match) { old.insertBefore(child, place); continue; }
      while (place !== match) { const gone = place; place = place.nextSibling; gone.remove(); }
      place = match.nextSibling;
      morph(match, child);
    }
    while (place) { const gone = place; place = place.nextSibling; gone.remove(); }
  };
  const replace = (id, html) => {
    const old = document.getElementById(id);
    if (!old) return;
    const template = document.createElement("template");
    template.innerHTML = html;
    const fresh = template.content.firstElementChild;
    const verdict = old.dataset.verdict;
    morph(old, fresh);
    if (fresh.dataset.verdict && verdict !== fresh.dataset.verdict) announce(old);
  };
  const announce = (node) => {
    const why = one(".reasons li, .why", node);
    one("#announce").textContent = `${node.dataset.name} is now: ${node.dataset.verdict}. ${why ? why.textContent : ""}`;
    if (node.id === "head") document.title = `${node.dataset.verdict}: ${node.dataset.name} · Accelerapp`;
  };

  // ---- streams: one per visible tab, since browsers allow only six connections to a server ----
  const live = one("#live");
  let heard = 0, lostSince = 0;
  const say = () => {
    if (!live || !heard) return;
    const silent = (Date.now() - heard) / 1000;
    const lost = (lostSince && Date.now() - lostSince > 2500) || silent > 20;
    live.hidden = false;
    live.dataset.state = lost ? "lost" : "live";
    const text = lost ? `Connection lost, retrying. Updated ${length(silent)} ago` : `Updated ${length(silent)} ago`;
    if (one(".live-text").textContent !== text) one(".live-text").textContent = text;
  };
  const stream = (url, handlers) => {
    let source = null, retry = 0;
    const open = () => {
      close();
      source = new EventSource(url);
      source.onerror = () => {
        lostSince = lostSince || Date.now();
        if (source.readyState === EventSource.CLOSED) retry = setTimeout(open, 3000);  // an answer that was no stream
      };
      for (const [name, handle] of Object.entries(handlers)) {
        source.addEventListener(name, (event) => { heard = Date.now(); lostSince = 0; handle(JSON.parse(event.data)); say(); });
      }
    };
    const close = () => { clearTimeout(retry); if (source) source.close(); source = null; };
    const follow = () => document.hidden ? close() : source || open();
    heard = heard || Date.now();
    document.addEventListener("visibilitychange", follow);
    window.addEventListener("pagehide", close);
    window.addEventListener("pageshow", (event) => event.persisted && follow());
    follow();
    return () => { document.removeEventListener("visibilitychange", follow); close(); };
  };
  if (main.dataset.stream) stream(main.dataset.stream, {
    parts: (frame) => {
      skew = frame.at * 1000 - Date.now();
      for (const [id, html] of Object.entries(frame.parts)) replace(id, html);
      all("input[data-filter]").forEach(sift);
      tick();
    },
    usage: (data) => drawUsage(data),
  });

  // ---- plots ----
  const style = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const drawn = new Map();
  const axis = (extra) => ({ stroke: style("--muted"), font: `12px ${style("--sans")}`, grid: { stroke: style("--line"), width: 1 }, ticks: { show: false }, ...extra });
  const clock = (self, splits) => splits.map((at) => {
    const date = new Date(at * 1000);
    return self.scales.x.max - self.scales.x.min > 90000 ? date.toLocaleDateString(undefined, { month: "short", day: "numeric" }) : date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  });
  const number = (value) => value == null ? "–" : value >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(2);
  const tip = (unit) => {
    const box = document.createElement("div");
    box.className = "tip";
    box.hidden = true;
    return {
      hooks: {
        init: (self) => self.over.append(box),
        setCursor: (self) => {
          const { left, idxs } = self.cursor;
          box.hidden = left < 0;
          if (left < 0) return;
          const at = new Date(self.posToVal(left, "x") * 1000).toLocaleTimeString();
          const lines = self.series.slice(1).map((series, index) => series.label && `${series.label}  ${number(self.data[index + 1][idxs[index + 1]])} ${unit}`);
          box.textContent = [at, ...lines.filter(Boolean)].join("\n");
          const right = left > self.over.clientWidth / 2;
          box.style.left = right ? "" : `${left + 12}px`;
          box.style.right = right ? `${self.over.clientWidth - left + 12}px` : "";
        },
      },
    };
  };
  const marks = (list, since, limit) => ({
    hooks: {
      draw: (self) => {
        const { ctx, bbox } = self;
        ctx.save();
        ctx.lineWidth = devicePixelRatio;
        ctx.font = `${11 * devicePixelRatio}px ${style("--sans")}`;
        const line = (colour, dash, from, to) => { ctx.strokeStyle = ctx.fillStyle = colour; ctx.setLineDash(dash); ctx.beginPath(); ctx.moveTo(...from); ctx.lineTo(...to); ctx.stroke(); };
        for (const mark of list) {
          const x = self.valToPos(since + mark.t, "x", true);
          if (x < bbox.left || x > bbox.left + bbox.width) continue;
          line(style("--muted"), [], [x, bbox.top], [x, bbox.top + bbox.height]);
          const late = x > bbox.left + bbox.width * 0.8;
          ctx.textAlign = late ? "right" : "left";
          ctx.fillText(mark.label.slice(0, 24), x + (late ? -4 : 4) * devicePixelRatio, bbox.top + bbox.height - 5 * devicePixelRatio);
        }
        if (limit) {
          const y = self.valToPos(limit, "y", true);
          line(style("--critical"), [5 * devicePixelRatio, 4 * devicePixelRatio], [bbox.left, y], [bbox.left + bbox.width, y]);
          ctx.textAlign = "left";
          ctx.fillText(`limit ${number(limit)}`, bbox.left + 4 * devicePixelRatio, y + 12 * devicePixelRatio);
        }
        ctx.restore();
      },
    },
  });
  const plot = (box, data, options) => {
    const old = drawn.get(box);
    if (old) old.destroy();
    const { series, top, unit, plugins, range, sync } = options;
    drawn.set(box, new uPlot({
      width: box.clientWidth, height: box.clientHeight, legend: { show: false }, series: [{}, ...series], plugins: [tip(unit), ...plugins],
      cursor: { sync: { key: sync }, drag: { x: false, y: false }, points: { size: 6 } },
      scales: { x: { time: true, range: () => range }, y: { range: (self, low, high) => [0, Math.max(high || 0, top || 0) * 1.12 || 1] } },
      axes: [axis({ values: clock, space: 64, size: 28 }), axis({ size: 52, space: 32, values: (self, ticks) => ticks.map((tick) => tick.toLocaleString("en")) })],
    }, data, box));
  };
  let usage = block("usage"), minutes = block("minutes");
  const drawUsage = (data) => {
    if (!window.uPlot || !data) return;
    usage = data;
    for (const each of data.plots) {
      const box = one(`[data-plot="${each.id}"]`);
      box.classList.toggle("none", !each.lines.length);
      if (!each.lines.length) continue;
      const tables = each.lines.map((line) => [line.t.map((at) => at + data.since), line.v]);
      plot(box, uPlot.join(tables), {
        unit: each.unit, range: [data.since, data.since + data.span], sync: "usage", top: each.limit,
        series: each.lines.map((line, index) => ({ label: line.name, stroke: style(`--line-${index % 6}`), width: 1.5, points: { show: false }, dash: index > 5 ? [6, 3] : undefined })),
        plugins: [marks(data.marks, data.since, each.limit)],
      });
    }
  };
  const drawMinutes = () => {
    const box = one("[data-bars]");
    if (!window.uPlot || !minutes || !box) return;
    const { since, step, total, warnings, errors } = minutes;
    const bars = (label, name) => ({ label, fill: style(name), width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.85, 40] }) });
    // Drawn back to front: the whole, then warnings with errors, then errors.
    const middle = warnings.map((value, index) => value + errors[index]);
    plot(box, [total.map((_, index) => since + index * step), total, middle, errors], {
      unit: "", range: [since - step / 2, since + (total.length - 0.5) * step], sync: "minutes", plugins: [],
      series: [bars("all", "--line-strong"), bars("warnings and errors", "--warning"), bars("errors", "--critical")],
    });
  };
  const draw = () => { drawUsage(usage); drawMinutes(); };

  // ---- log: follow and pause ----
  const log = one("#log"), button = one("#follow");
  const MOST_LINES = 3000;
  if (log) {
    let stop = null;
    const wrap = one("#wrap");
    const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    const line = ([replica, level, text]) => {
      const row = document.createElement("div"), who = document.createElement("b"), what = document.createElement("span");
      if (level) row.dataset.level = level;
      who.textContent = who.title = replica;
      what.textContent = text;
      what.dir = "auto";
      row.append(who, what);
      return row;
    };
    const add = (data) => {
      const stay = !atEnd() && !data.reset;
      if (data.reset) log.replaceChildren();
      log.append(...data.lines.map(line));
      while (log.childElementCount > MOST_LINES) log.firstElementChild.remove();
      if (data.trouble) log.append(line(["", "unknown", data.trouble]));
      if (!stay) log.scrollTop = log.scrollHeight;
      one("#log-count").textContent = `${log.childElementCount} ${log.childElementCount === 1 ? "line" : "lines"}`;
    };
    const toggle = () => {
      if (stop) stop();
      stop = stop ? null : stream(button.dataset.follow, { lines: add });
      if (!stop) live.hidden = true, heard = 0;
      button.textContent = stop ? "Pause" : "Follow";
      button.setAttribute("aria-pressed", String(!stop));
    };
    button.addEventListener("click", toggle);
    wrap.checked = localStorage.getItem("wrap") === "1";
    const wrapped = () => { log.classList.toggle("wrap", wrap.checked); localStorage.setItem("wrap", wrap.checked ? "1" : "0"); };
    wrap.addEventListener("change", wrapped);
    wrapped();
    log.scrollTop = log.scrollHeight;
    toggle();
    all("#log-filter select").forEach((select) => select.addEventListener("change", () => select.form.requestSubmit()));
  }

  // ---- filter of a table, kept in the address ----
  function sift(input) {
    const wanted = input.value.toLowerCase();
    all("tbody tr[data-name]", document.getElementById(input.dataset.filter)).forEach((row) => { row.hidden = !row.dataset.name.toLowerCase().includes(wanted); });
  }
  all("input[data-filter]").forEach((input) => input.addEventListener("input", () => {
    sift(input);
    const url = new URL(location);
    input.value ? url.searchParams.set("q", input.value) : url.searchParams.delete("q");
    history.replaceState(null, "", url);
  }));

  // ---- palette and keys ----
  const palette = one("#palette"), keys = one("#keys");
  const names = block("services") || [];
  const SECTIONS = [["", "overview"], ["/logs", "logs"], ["/review", "log review"], ["/health", "health"]];
  const places = () => [["Services", "/"], ...names.flatMap((name) => SECTIONS.map(([path, word]) => [`${name} ${word}`, `/services/${name}${path}`])), ["Account", "/account"]];
  let picked = 0;
  const list = () => {
    const words = one("input", palette).value.toLowerCase().split(/\s+/);
    const found = places().filter(([title]) => words.every((word) => title.toLowerCase().includes(word))).slice(0, 50);
    picked = Math.max(0, Math.min(picked, found.length - 1));
    one("#places").replaceChildren(...found.map(([title, href], index) => {
      const item = document.createElement("li");
      item.id = `place-${index}`;
      item.role = "option";
      item.textContent = title;
      item.dataset.href = href;
      item.setAttribute("aria-selected", String(index === picked));
      return item;
    }));
    one("input", palette).setAttribute("aria-activedescendant", `place-${picked}`);
    const chosen = one("#places [aria-selected=true]");
    if (chosen) chosen.scrollIntoView({ block: "nearest" });
  };
  const visit = (href) => { if (href) location.href = href; };
  const openPalette = () => { picked = 0; one("input", palette).value = ""; list(); palette.showModal(); };
  if (palette) {
    palette.addEventListener("input", () => { picked = 0; list(); });
    palette.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) { event.preventDefault(); picked += step; list(); }
      if (event.key === "Enter") { event.preventDefault(); const chosen = one("#places [aria-selected=true]"); visit(chosen && chosen.dataset.href); }
    });
    one("#places").addEventListener("click", (event) => visit(event.target.closest("li")?.dataset.href));
  }
  for (const dialog of all("dialog")) dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  const setTheme = () => {
    const order = ["auto", "light", "dark"], theme = order[(order.indexOf(root.dataset.theme) + 1) % 3];
    root.dataset.theme = theme;
    document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
    one("#dark").media = { light: "not all", dark: "all" }[theme] || "(prefers-color-scheme: dark)";
    const tool = one("[data-do=theme]");
    tool.title = `Colours: ${theme}`;
    tool.setAttribute("aria-label", tool.title);
    one("#announce").textContent = tool.title;
    setTimeout(draw, 50);
  };
  const acts = { palette: openPalette, keys: () => keys.showModal(), theme: setTheme };
  document.addEventListener("click", (event) => {
    const tool = event.target.closest("[data-do]");
    if (tool) acts[tool.dataset.do]();
    all("details.menu[open]").forEach((menu) => menu.contains(event.target) || menu.removeAttribute("open"));
  });
  document.addEventListener("submit", (event) => all("[data-once]", event.target).forEach((each) => { each.disabled = true; }));
  window.addEventListener("pageshow", () => all("[data-once]").forEach((each) => { each.disabled = false; }));
  let goes = 0;
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && palette) { event.preventDefault(); openPalette(); return; }
    if (event.key === "Escape") all("details.menu[open]").forEach((menu) => { menu.removeAttribute("open"); one("summary", menu).focus(); });
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea") || one("dialog[open]")) return;
    if (Date.now() - goes < 1500) { goes = 0; visit(one(`.rail [data-key="${CSS.escape(event.key)}"]`)?.href); return; }
    if (event.key === "g") goes = Date.now();
    if (event.key === "?" && keys) keys.showModal();
    const filter = one("#filter");
    if (event.key === "/" && filter) { event.preventDefault(); filter.focus(); filter.select(); }
  });

  tick();
  setInterval(() => { say(); tick(); }, 1000);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  new ResizeObserver(() => drawn.forEach((self, box) => self.setSize({ width: box.clientWidth, height: box.clientHeight }))).observe(main);
  draw();
})();
