import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";

// A machine that does much else takes longer to render than the second that it gets otherwise
configure({ asyncUtilTimeout: 5_000 });

vi.mock("next/navigation", () => import("./navigation"));
vi.mock("next/server", async (original) => ({ ...(await original<object>()), connection: () => Promise.resolve() }));

// jsdom has dialogs that it cannot open
if (typeof HTMLDialogElement !== "undefined") {
  HTMLDialogElement.prototype.showModal = function showModal(this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function close(this: HTMLDialogElement, value?: string) {
    this.returnValue = value ?? this.returnValue;
    this.open = false;
    this.dispatchEvent(new Event("close"));
  };
}

afterEach(() => {
  cleanup();
  globalThis.window?.sessionStorage.clear();
});
