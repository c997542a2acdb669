/** Put the reader at the top of what is new on the page, where the element that had the focus is gone. */
export function focusHeading() {
  document.querySelector<HTMLElement>("main h1")?.focus();
}
