// Progressive enhancement: “Copier le lien” and “Imprimer” appear only where they can work.
const copied = document.querySelector("[data-copied]");
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const link = document.querySelector("link[rel=canonical]").href;
    const done = await navigator.clipboard.writeText(link).then(() => "Lien copié", () => "Copie refusée");
    button.textContent = copied.textContent = done;
    setTimeout(() => {
      button.textContent = label;
      copied.textContent = "";
    }, 2500);
  });
}
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
