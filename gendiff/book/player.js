(() => {
  window.gendiffPlayer ??= (root) => {
    root.dataset.ready = "1";
    const film = JSON.parse(root.dataset.film);
    const stage = root.querySelector(".gd-stage");
    const button = root.querySelector("button");
    const slider = root.querySelector("input");
    const output = root.querySelector("output");
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const last = film.labels.length - 1;
    let timer = 0, visible = false, touched = calm || !film.autoplay;
    const show = (k) => {
      stage.style.backgroundPosition = film.places[k];
      slider.value = k;
      slider.setAttribute("aria-valuetext", film.labels[k]);
      output.textContent = film.labels[k];
    };
    const stop = () => {
      clearInterval(timer);
      timer = 0;
      button.textContent = "\u25B6\uFE0E";
      button.setAttribute("aria-label", "Play");
    };
    const play = () => {
      if (+slider.value >= last) show(0);
      button.textContent = "\u275A\u275A";
      button.setAttribute("aria-label", "Pause");
      timer = setInterval(() => {
        if (!visible || document.hidden) return;
        if (+slider.value >= last) stop(); else show(+slider.value + 1);
      }, film.milliseconds);
    };
    button.onclick = () => { touched = true; if (timer) stop(); else play(); };
    slider.oninput = () => { touched = true; stop(); show(+slider.value); };
    new IntersectionObserver(([entry]) => {
      visible = entry.isIntersecting;
      if (visible && !touched) { touched = true; show(0); play(); }
    }, { threshold: 0.4 }).observe(root);
    root.querySelector(".gd-controls").hidden = false;
    stop();
    show(film.poster);
  };
  document.querySelectorAll(".gd-player:not([data-ready])").forEach(window.gendiffPlayer);
})();
