// Elements. Every value is inserted as text (textContent), never as markup.

export const find = (id) => document.getElementById(id);

/** An element with text, attributes and children; `null` children are left out. */
export function make(name, options = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(options)) {
    if (key === "text") element.textContent = value;
    else if (key === "onclick") element.addEventListener("click", value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function draw(name, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/** A list of names and values; a value is text or an element. */
export function describe(pairs) {
  const list = make("dl");
  for (const [name, value] of pairs) {
    list.append(make("dt", { text: name }), value instanceof Node ? make("dd", {}, value) : make("dd", { text: value }));
  }
  return list;
}

/** Replaces the children only where they differ, so that nothing flickers and the keyboard stays where it is. */
export function replace(parent, ...children) {
  const probe = make("div", {}, ...children);
  const isSame = probe.childNodes.length === parent.childNodes.length
    && [...probe.childNodes].every((node, position) => node.isEqualNode(parent.childNodes[position]));
  if (!isSame) parent.replaceChildren(...probe.childNodes);
}
