import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";

// A machine that does much else takes longer to render than the second that it gets otherwise
configure({ asyncUtilTimeout: 5_000 });

vi.mock("next/navigation", () => import("./navigation"));
vi.mock("next/server", async (original) => ({ ...(await original<object>()), connection: () => Promise.resolve() }));

afterEach(() => {
  cleanup();
  globalThis.window?.sessionStorage.clear();
});
