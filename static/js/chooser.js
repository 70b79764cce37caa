// The fields of select2 are named by what is chosen in them only: give them the name of their label too. They are made
// once jQuery says that the document is ready, by functions that it was given before the page was loaded.
window.addEventListener("load", () => django.jQuery(nameChoosers));

function nameChoosers() {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const label = select.labels[0];
    const chosen = document.getElementById(`select2-${select.id}-container`);
    if (!label || !chosen) continue;
    label.id ||= `${select.id}_label`;
    chosen.removeAttribute("role");
    chosen.removeAttribute("aria-readonly");
    chosen.closest("[role=combobox]").setAttribute("aria-labelledby", `${label.id} ${chosen.id}`);
  }
}
