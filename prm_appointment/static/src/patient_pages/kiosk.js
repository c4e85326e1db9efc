/* The page goes back to the start when nobody touches it, and never comes out of the browser's
   memory of pages: what it showed was for the person before. Without script, the page does so by
   the clock alone. */
(function () {
    const { seconds, start } = document.currentScript.dataset;
    const leave = () => window.location.replace(start);
    let timer = null;
    function wait() {
        clearTimeout(timer);
        timer = setTimeout(leave, Number(seconds) * 1000);
    }
    if (seconds) {
        wait();
        for (const event of ["pointerdown", "keydown", "input", "scroll"]) {
            window.addEventListener(event, wait, { passive: true });
        }
    }
    window.addEventListener("pageshow", (event) => {
        if (event.persisted) {
            leave();
        }
    });
})();
