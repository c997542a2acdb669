import { afterAll, beforeEach, describe, expect, test } from "vitest";
import {
  file,
  incident,
  makeWorld,
  move,
  testApp,
  type Member,
  type PageBody,
  type ReportBody,
  type World,
} from "./support.js";

const application = testApp();
let world: World;
beforeEach(async () => {
  world = await makeWorld(application);
});
afterAll(application.close);

const list = async ({ agent }: Member, query: string) =>
  (await agent.get(`/api/reports?${query}`).expect(200)).body as PageBody<ReportBody>;

describe("the list can be searched", () => {
  const find = async (member: Member, search: string, more = "") => {
    const { items, total } = await list(member, `search=${encodeURIComponent(search)}${more}`);
    expect(total).toBeGreaterThanOrEqual(items.length);
    return items.map(({ title }) => title);
  };

  test("by the beginnings of words in title and description, in any case and order", async () => {
    const { reporter, responder } = world;
    await file(reporter, { title: "Shouting in the hallway", description: "By a man from example.org, at 10:30." });
    await file(reporter, { title: "Zürich", description: "Somebody said 'O'Brien \\ & co' | !" });
    for (const search of ["shout", "SHOUTING", "hall man", "man  hallway", "example.org", "10:30", "(hallway)"])
      expect([search, await find(reporter, search)]).toEqual([search, ["Shouting in the hallway"]]);
    for (const search of ["zür", "O'Brien", "o'brien \\", "& co'"])
      expect([search, await find(responder, search)]).toEqual([search, ["Zürich"]]);
    for (const search of ["outing", "hallway zürich", "nothing", "!", "'", "\\", ":*", "& |", "a:b <-> c"])
      expect([search, await find(responder, search)]).toEqual([search, []]);
  });

  test("within what one may read, and together with the state, in pages", async () => {
    const { reporter, stranger, responder, administrator } = world;
    for (const title of ["Alpha one", "Alpha two", "Alpha three"]) await file(reporter, { ...incident, title });
    const other = await file(stranger, { ...incident, title: "Alpha four" });
    await file(reporter, { ...incident, title: "Alpha hidden", about: [responder.account.id] });
    await move(responder, other, "acknowledged");
    expect(await find(stranger, "alpha")).toEqual(["Alpha four"]);
    expect(await find(responder, "alpha")).toEqual(["Alpha four", "Alpha three", "Alpha two", "Alpha one"]);
    expect(await find(administrator, "hidden")).toEqual(["Alpha hidden"]);
    expect(await find(responder, "alpha", "&state=acknowledged")).toEqual(["Alpha four"]);
    const first = await list(responder, "search=alpha&limit=3");
    expect([first.items.length, first.total]).toEqual([3, 4]);
    const second = await list(responder, `search=alpha&limit=3&before=${first.next ?? ""}`);
    expect([second.items.map(({ title }) => title), second.next]).toEqual([["Alpha one"], null]);
  });

  test.each(["", "%20", "x".repeat(101), "a%00b"])("but not for %j", async (search) => {
    const response = await world.reporter.agent.get(`/api/reports?search=${search}`).expect(400);
    expect(response.body).toMatchObject({ errors: [{ field: "search" }] });
  });
});
