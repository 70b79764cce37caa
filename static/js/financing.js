// Other values are tried at once: each number has a slider, and the page's own address follows.
const form = document.getElementById("essai");

if (form) {
  for (const slider of form.querySelectorAll("[data-dial]")) pair(slider);
  form.querySelector("[data-manual]").hidden = true;
  for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    form.addEventListener(failure, () => {
      document.getElementById("essai-erreurs").textContent = "Le portail ne répond pas : réessayez dans un instant.";
    });
  }
  document.addEventListener("htmx:afterSettle", markErrors);
  document.addEventListener("htmx:replacedInHistory", () => {
    document.querySelector("link[rel=canonical]").href = location.href;
  });
}

// A field leads to the sentence that says what is wrong with it, while there is one.
function markErrors() {
  for (const field of form.querySelectorAll(".dial > [name]")) {
    const error = document.getElementById(`${field.id}-erreur`);
    if (error) {
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", error.id);
    } else {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    }
  }
}

// The slider writes the number, the number moves the slider; only the number is sent.
function pair(slider) {
  const field = document.getElementById(slider.dataset.dial);
  const follow = () => {
    const number = Number.parseFloat(field.value.replace(/\s/g, "").replace(",", "."));
    if (number > slider.max) slider.max = Math.ceil(number * 1.5);
    slider.value = Number.isNaN(number) ? slider.min : number;
  };
  follow();
  field.addEventListener("input", follow);
  slider.addEventListener("input", () => {
    field.value = slider.value;
  });
  slider.hidden = false;
}
