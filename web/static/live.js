// Keeps the moving part of a page true. The page reads without this file: it only saves reloading by hand.
// The server says what changed; the page asks again for its part, at most once a second, and says when the link is cut.
(() => {
  const live = document.getElementById("live");
  const cut = document.getElementById("cut");
  if (!live || !window.EventSource || !window.htmx) return;

  const LEAST_MS = 1000; // between two requests
  const MOST_MS = 30000; // without news: durations on the page grow old
  const CUT_AFTER_MS = 4000; // a reconnection that is quicker needs no words
  const AGAIN_MS = 5000; // before another try
  let last = Date.now();
  let asked = null;
  let cutTimer = null;
  let source = null;

  const ask = () => {
    asked = null;
    if (document.hidden) return;
    last = Date.now();
    window.htmx.trigger(live, "socle:changed");
  };
  const changed = () => {
    if (asked === null) asked = setTimeout(ask, Math.max(0, last + LEAST_MS - Date.now()));
  };
  // `data-live` names what the page shows: a kind of event, or a kind and one identifier.
  const concerns = (event) => {
    const names = (live.dataset.live || "").split(/\s+/);
    const id = event.id || event.who || event.image;
    return names.includes(event.kind) || names.includes(`${event.kind}:${id}`);
  };
  const linked = () => {
    clearTimeout(cutTimer);
    cutTimer = null;
    cut.hidden = true;
  };
  const broken = () => {
    if (cutTimer === null) cutTimer = setTimeout(() => (cut.hidden = false), CUT_AFTER_MS);
  };
  const listen = () => {
    source = new EventSource("/api/v1/events");
    source.addEventListener("open", () => {
      if (cutTimer !== null) changed(); // what happened meanwhile was not heard
      linked();
    });
    source.addEventListener("message", (message) => {
      let event;
      try {
        event = JSON.parse(message.data);
      } catch {
        return;
      }
      if (concerns(event)) changed();
    });
    source.addEventListener("error", () => {
      broken();
      // The browser gives up for good after an HTTP error; we do not.
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN_MS);
    });
  };

  // A form that somebody is filling in is left as it is.
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form");
    if (form && live.contains(form)) form.setAttribute("data-touched", "");
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) changed();
  });
  setInterval(() => {
    if (Date.now() - last >= MOST_MS) changed();
  }, 5000);
  window.addEventListener("pagehide", () => source && source.close());
  window.addEventListener("pageshow", (event) => event.persisted && listen());
  listen();
})();
