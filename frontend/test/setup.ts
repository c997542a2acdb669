import { cleanup } from "@testing-library/react";
import { afterEach, vi } from "vitest";

vi.mock("next/navigation", () => import("./navigation"));
vi.mock("next/server", async (original) => ({ ...(await original<object>()), connection: () => Promise.resolve() }));

afterEach(cleanup);
