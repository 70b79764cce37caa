// The search field as an ARIA combobox (editable, list autocomplete, manual selection). HTMX fetches the options.

// The form works as it is; a script gives its field and its empty listbox the behaviour of a combobox, at once and
// where HTMX puts another form into the page.
enhanceAll(document);
document.addEventListener("htmx:load", (event) => enhanceAll(event.detail.elt));

function enhanceAll(part) {
  for (const form of part.querySelectorAll("[data-combobox]:not(:has([role=combobox]))")) enhance(form);
}

function enhance(form) {
  const input = form.querySelector("input");
  const list = form.querySelector("[role=listbox]");
  const status = form.querySelector("[role=status]");
  let active = -1;

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-haspopup", "listbox");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  const options = () => [...list.querySelectorAll("[role=option]")];
  const isOpen = () => !list.hidden;

  function choose(index) {
    const all = options();
    active = index;
    all.forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    if (index < 0) {
      input.removeAttribute("aria-activedescendant");
    } else {
      input.setAttribute("aria-activedescendant", all[index].id);
      all[index].scrollIntoView({ block: "nearest" });
    }
  }

  function open() {
    list.hidden = options().length === 0;
    input.setAttribute("aria-expanded", String(isOpen()));
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    choose(-1);
  }

  function announce() {
    const count = options().length;
    status.textContent = count === 0 ? "Aucune suggestion" : count === 1 ? "1 suggestion" : `${count} suggestions`;
  }

  const moves = {
    ArrowDown: (count) => (active + 1) % count,
    ArrowUp: (count) => (active <= 0 ? count : active) - 1,
  };

  input.addEventListener("keydown", (event) => {
    const count = options().length;
    if (event.key in moves && count && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      const wasOpen = isOpen();
      open();
      if (wasOpen || !event.altKey) choose(moves[event.key](count));
    } else if (event.key === "Enter" && isOpen() && active >= 0) {
      event.preventDefault();
      options()[active].click();
    } else if (event.key === "Escape" && isOpen()) {
      event.preventDefault();
      close();
    } else if (event.key === "Home" || event.key === "End") {
      choose(-1); // back to the text: the browser moves the caret
    }
  });

  // Options of the text before are not those of the text now.
  input.addEventListener("input", () => {
    choose(-1);
    if (!input.value.trim()) {
      list.replaceChildren();
      close();
    }
  });
  input.addEventListener("focus", () => input.value.trim() && open());
  input.addEventListener("blur", close);
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  form.addEventListener("submit", close);

  list.addEventListener("htmx:afterSwap", () => {
    choose(-1);
    if (document.activeElement !== input || !input.value.trim()) return close();
    open();
    announce();
  });
  for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    input.addEventListener(failure, () => {
      list.replaceChildren();
      close();
    });
  }
}
