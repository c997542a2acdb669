import { render, screen, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test, vi } from "vitest";
import ConductPage from "../app/conduct/page";
import PageError from "../app/error";
import RootLayout from "../app/layout";
import NotFound from "../app/not-found";
import { CONTACT } from "../components/conduct";
import { useSession } from "../components/session";
import { useAccount } from "../components/signed-in";
import { configuredApiUrl } from "../server/api-url";
import { heading, open } from "./support";

test("the page says where the API is, as the container does, and calls it there", () => {
  vi.stubEnv("API_URL", "https://api.example");
  const asked = vi.spyOn(globalThis, "fetch");
  expect(renderToStaticMarkup(<RootLayout>Content</RootLayout>)).toContain('data-api-url="https://api.example"');
  document.documentElement.dataset.apiUrl = "https://api.example";
  const { container } = render(<RootLayout>Content</RootLayout>, { container: document });
  expect(container.querySelector("main")?.textContent).toContain("Content");
  expect(asked.mock.calls.map(([url]) => url)).toContain("https://api.example/api/session");
  delete document.documentElement.dataset.apiUrl;
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test("where nothing says where the API is, it is on the page's own site", () => {
  vi.stubEnv("API_URL", undefined);
  vi.stubEnv("NEXT_PUBLIC_API_URL", undefined);
  expect(configuredApiUrl()).toBe("");
  vi.stubEnv("NEXT_PUBLIC_API_URL", "https://built-in.example");
  expect(configuredApiUrl()).toBe("https://built-in.example");
  vi.unstubAllEnvs();
});

test("every page names the code of conduct and a contact, also for people who are not signed in", async () => {
  open("/conduct", <ConductPage />);
  expect(await heading("Code of conduct")).toBeTruthy();
  const footer = screen.getByRole("contentinfo");
  expect(footer.textContent).toContain(`Contact ${CONTACT}.`);
  expect(within(footer).getByRole("link").getAttribute("href")).toBe("/conduct");
  expect(footer.textContent).not.toMatch(/revision|postgres|migration/i);
  expect(screen.getByRole("main").textContent).toContain(`Contact ${CONTACT}.`);
});

test("skipping to the content moves the reader, and leaves the address with its token alone", async () => {
  const { user } = open("/join#TOKEN", <h1>Here</h1>);
  await user.click(screen.getByRole("link", { name: "Skip to content" }));
  expect(document.activeElement).toBe(screen.getByRole("main"));
  expect(window.location.hash).toBe("#TOKEN");
});

test("an address without a page leads back to the start", () => {
  render(<NotFound />);
  expect(screen.getByRole("heading", { name: "There is no such page" })).toBeTruthy();
  expect(screen.getByRole("link").getAttribute("href")).toBe("/");
});

test("a page that failed can be tried again", async () => {
  const reset = vi.fn();
  render(<PageError error={new Error("internal")} reset={reset} />);
  expect(screen.getByRole("alert").textContent).not.toContain("internal");
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(reset).toHaveBeenCalledOnce();
});

test.each([
  ["SessionProvider", useSession],
  ["SignedIn", useAccount],
])("what needs a %s says so without one", (name, hook) => {
  const Lost = () => <>{String(hook())}</>;
  expect(() => renderToStaticMarkup(<Lost />)).toThrow(`there is no ${name}`);
});
