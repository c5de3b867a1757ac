// What the function wrote into the page: texts, labels, and where people sign in.
export const settings = JSON.parse(document.getElementById("settings").textContent);

const texts = { ...settings.texts.shared, ...settings.texts[settings.page] };

/** The page's words under this name, with `{name}` filled in; nothing if there are none. */
export function text(key, values = {}) {
  return (texts[key] ?? "").replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** What a label is called: labels are the environment's, and may have no words here. */
export function labelName(label, vehicle = "") {
  return vehicle || text(`label_${label}`) || label.replaceAll("_", " ");
}
