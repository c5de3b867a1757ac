// The page's elements. All words come in as text, never as markup.
export function find(id) {
  return document.getElementById(id);
}

export function show(element, shown = true) {
  element.hidden = !shown;
}

export function hide(element) {
  element.hidden = true;
}

/** An element with these attributes; `class` and `text` are what they say, and a function listens to its event. */
export function make(tag, { text = "", ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** For those who hear the page: when they are not listening to something else. */
export function say(words) {
  find("said").replaceChildren(make("p", { text: words }));
}

/** At once, and for all to see. Nothing takes it away. */
export function alertUser(words) {
  find("alert").replaceChildren(...(words ? [make("p", { text: words })] : []));
}
