/**
 * xterm.js 6 writes its rules into <style> elements, which the page's policy (style-src 'self') does not apply. Constructed style sheets
 * are not under that policy; so what asks for a <style> gets an element whose text becomes one of these. Nothing else on the page makes
 * style elements.
 */

let isDone = false;

/** Before the first terminal. */
export function allowStyles(): void {
  if (isDone) return;
  isDone = true;
  const create = Document.prototype.createElement;
  Document.prototype.createElement = function (this: Document, name: string, options?: ElementCreationOptions) {
    return name.toLowerCase() === "style"
      ? sheetElement(create.call(this, "meta", options))
      : create.call(this, name, options);
  } as typeof create;
}

/** An element whose text is the sheet's, and which takes the sheet away with itself. */
function sheetElement(element: HTMLElement): HTMLElement {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  Object.defineProperty(element, "textContent", {
    set(text: string) {
      sheet.replaceSync(text);
    },
  });
  Object.defineProperty(element, "sheet", { value: sheet });
  const remove = element.remove.bind(element);
  element.remove = () => {
    const at = document.adoptedStyleSheets.indexOf(sheet);
    if (at >= 0) document.adoptedStyleSheets.splice(at, 1);
    remove();
  };
  return element;
}
