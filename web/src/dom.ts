// Elements are made one by one and hold text only: nothing of a ticket is ever read as HTML.

type Attributes = Record<string, string | number | boolean | undefined>;
type Child = Node | string | number | null | undefined;

/** Make an element; an attribute that is false or undefined is left out. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  set(made, attributes);
  made.append(...children.filter((child) => child !== null && child !== undefined).map(asNode));
  return made;
}

/** Make an SVG element. */
export function svg(tag: string, attributes: Attributes = {}, ...children: Child[]): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  set(made, attributes);
  made.append(...children.filter((child) => child !== null && child !== undefined).map(asNode));
  return made;
}

/** Make a button that does something. */
export function button(label: string, act: (event: MouseEvent) => void, attributes: Attributes = {}, ...more: Child[]) {
  const made = el("button", { type: "button", ...attributes }, label, ...more);
  made.addEventListener("click", act);
  return made;
}

/** Return the element of index.html with this id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no #${id}`);
  return found as T;
}

/** Replace what is in an element, unless it would look the same: focus and open parts stay. */
export function fill(parent: Element, ...children: Child[]): void {
  const box = el("div", {}, ...children);
  if (parent.isEqualNode(box) || sameChildren(parent, box)) return;
  const focus = parent.contains(document.activeElement) ? document.activeElement?.id : "";
  parent.replaceChildren(...box.childNodes);
  if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
}

function sameChildren(one: Element, other: Element): boolean {
  const pairs = [...other.childNodes];
  return (
    one.childNodes.length === pairs.length && pairs.every((node, i) => node.isEqualNode(one.childNodes[i] ?? null))
  );
}

function set(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

function asNode(child: Child): Node {
  return child instanceof Node ? child : document.createTextNode(String(child));
}
