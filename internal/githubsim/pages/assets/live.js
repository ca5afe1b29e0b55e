// Keeps the parts of a page marked data-live up to date. Without it the page works
// as well, with its link 'Reload'. A part in which somebody types is left alone.
(() => {
  'use strict';
  const main = document.querySelector('main[data-scope]');
  const said = document.querySelector('[data-said]');
  if (!main || !main.dataset.scope) return;
  let version = main.dataset.version;

  const refresh = async () => {
    const answer = await fetch(location.pathname + location.search, { headers: { Accept: 'text/html' } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    for (const part of document.querySelectorAll('[data-live]')) {
      const next = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
      if (!next || part.innerHTML === next.innerHTML) continue;
      if (part.contains(document.activeElement) && document.activeElement.matches('input, textarea, select')) continue;
      const folded = new Map([...part.querySelectorAll('details[id]')].map((d) => [d.id, d.open]));
      part.replaceChildren(...next.childNodes);
      for (const d of part.querySelectorAll('details[id]')) if (folded.has(d.id)) d.open = folded.get(d.id);
    }
    if (said) said.textContent = 'Updated at ' + new Date().toLocaleTimeString() + '.';
  };

  const shown = () => new Promise((go) => {
    if (!document.hidden) return go();
    document.addEventListener('visibilitychange', go, { once: true });
  });

  const watch = async () => {
    for (;;) {
      await shown();
      try {
        const query = new URLSearchParams({ scope: main.dataset.scope, version });
        const news = await (await fetch('/_events?' + query)).json();
        if (news.version !== version) {
          await refresh();
          version = news.version;
        }
      } catch {
        await new Promise((go) => setTimeout(go, 3000));
      }
    }
  };
  if (said) said.textContent = 'This page keeps itself up to date.';
  watch();
})();
