// Progressive enhancement: “Copier le lien” and “Imprimer” appear only where they can work, and a part of a page that
// was to join it says so when it cannot.
reveal(document);
document.addEventListener("htmx:load", (event) => reveal(event.detail.elt));

function reveal(part) {
  for (const button of part.querySelectorAll("[data-copy][hidden]")) {
    if (!navigator.clipboard) continue;
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const copied = document.querySelector("[data-copied]");
      const link = document.querySelector("link[rel=canonical]").href;
      const done = await navigator.clipboard.writeText(link).then(() => "Lien copié", () => "Copie refusée");
      button.textContent = copied.textContent = done;
      setTimeout(() => {
        button.textContent = label;
        copied.textContent = "";
      }, 2500);
    });
  }
  for (const button of part.querySelectorAll("[data-print][hidden]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
}

// Nobody loses what they are typing to a page that completes itself: the answer is then offered, not put.
document.addEventListener("htmx:beforeSwap", (event) => {
  const typing = event.detail.target.id === "contenu" && event.detail.target.querySelector("input:focus");
  if (!typing || !typing.value) return;
  event.detail.shouldSwap = false;
  event.detail.requestConfig.elt.dispatchEvent(new CustomEvent("htmx:timeout", { bubbles: true }));
});

for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(failure, (event) => {
    const part = event.target.closest("[aria-busy]");
    if (!part) return;
    part.removeAttribute("aria-busy");
    for (const waiting of part.querySelectorAll(".waiting")) waiting.hidden = true;
    for (const late of part.querySelectorAll("[data-late]")) late.hidden = false;
  });
}
