"use strict";
// Nothing here is needed to read a page: it adds the theme switch, keys, the player of streams, and the live view.
(() => {
  const root = document.documentElement;
  const stored = () => { try { return localStorage.getItem("llmock-theme"); } catch { return null; } };
  const show = (theme) => { if (theme) root.dataset.theme = theme; else delete root.dataset.theme; };
  show(stored());

  const theme = document.getElementById("theme");
  if (theme) {
    const isDark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
    const name = () => { theme.textContent = isDark() ? "Light theme" : "Dark theme"; };
    theme.hidden = false;
    name();
    theme.addEventListener("click", () => {
      const next = isDark() ? "light" : "dark";
      show(next);
      try { localStorage.setItem("llmock-theme", next); } catch { /* a private window */ }
      name();
    });
  }

  for (const keys of document.querySelectorAll(".keys")) keys.hidden = false;
  const isTyping = (target) => target.closest("input, select, textarea, [contenteditable]");
  const move = (step) => {
    const rows = [...document.querySelectorAll("[data-row]")];
    if (!rows.length) return;
    const at = rows.indexOf(document.activeElement);
    const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1);
    rows[next].focus();
    rows[next].scrollIntoView({ block: "nearest" });
  };
  const follow = (rel) => { const link = document.querySelector(`a[rel="${rel}"]`); if (link) link.click(); };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "ArrowRight") follow("next");
    else if (event.key === "ArrowLeft") follow("prev");
    else if (event.key === "/") { const search = document.getElementById("q"); if (!search) return; search.focus(); } else return;
    event.preventDefault();
  });

  const play = (box) => {
    const player = box.querySelector(".player");
    const [button, speed, seek, time, screen] = ["play", "speed", "seek", "time", "screen"].map((name) => player.querySelector(`[data-${name}]`));
    const events = [...box.querySelectorAll(".events > li")];
    const at = (event) => Number(event.dataset.ms);
    let shown = 0, timer = null;
    const piece = (event) => {
      const source = event.querySelector(".piece");
      if (!source) return;
      const span = document.createElement("span");
      span.className = event.dataset.kind;
      span.textContent = source.textContent;
      screen.append(span);
    };
    const draw = (count) => {
      if (count < shown) { screen.textContent = ""; shown = 0; }
      for (; shown < count; shown += 1) piece(events[shown]);
      const last = events[count - 1];
      for (const event of box.querySelectorAll(".events > li.now")) event.classList.remove("now");
      if (last && count < events.length) last.classList.add("now");
      seek.value = count;
      time.textContent = last ? last.querySelector("time").textContent : "0 ms";
      screen.scrollTop = screen.scrollHeight;
    };
    const stop = () => { clearTimeout(timer); timer = null; button.textContent = "▶ Play"; };
    const step = () => {
      if (shown >= events.length) { stop(); return; }
      const before = shown ? at(events[shown - 1]) : 0;
      timer = setTimeout(() => { draw(shown + 1); step(); }, Math.max(at(events[shown]) - before, 0) / Number(speed.value));
    };
    button.addEventListener("click", () => {
      if (timer !== null) { stop(); return; }
      if (shown >= events.length) draw(0);
      button.textContent = "⏸ Pause";
      step();
    });
    seek.addEventListener("input", () => { stop(); draw(Number(seek.value)); });
    player.hidden = false;
    draw(events.length);
  };
  document.querySelectorAll("[data-timeline]").forEach(play);

  const live = document.querySelector("[data-live]");
  if (live) {
    const pause = document.querySelector("[data-pause]");
    let paused = false, last = "";
    pause.hidden = false;
    pause.addEventListener("click", () => {
      paused = !paused;
      pause.setAttribute("aria-pressed", String(paused));
      pause.textContent = paused ? "Continue" : "Pause";
    });
    const refresh = async () => {
      // A row that a person has opened stays as it is.
      if (!paused && !live.querySelector("details[open]")) {
        try {
          const response = await fetch(live.dataset.live, { cache: "no-store" });
          const text = await response.text();
          if (response.ok && text !== last) { last = text; live.innerHTML = text; }
        } catch { /* the dashboard has stopped */ }
      }
      setTimeout(refresh, 1000);
    };
    refresh();
  }
})();
