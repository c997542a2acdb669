function select(element: HTMLElement) {
  const range = document.createRange();
  range.selectNodeContents(element);
  const selection = window.getSelection();
  selection?.removeAllRanges();
  selection?.addRange(range);
}

/**
 * Copies the text of an element; false where the browser allows none of the ways, and then it is selected. Browsers have
 * a clipboard for scripts over HTTPS only; the older way works without.
 */
export async function copyText(element: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(element.textContent ?? "");
    return true;
  } catch {
    select(element);
    try {
      return document.execCommand("copy");
    } catch {
      return false;
    }
  }
}
