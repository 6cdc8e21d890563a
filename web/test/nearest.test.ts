import assert from "node:assert/strict";
import { test } from "node:test";
import { leftOut, nearTitle } from "../src/nearest.ts";
import { read, write } from "../src/view.ts";

test("what is near what is in the address", () => {
  const query = "?sel=INC1&near=ticket";
  assert.equal(write(read(query)), query);
  assert.equal(nearTitle(read(query)), "Units near INC1");
  assert.equal(nearTitle(read("?near=-1.29,36.8")), "Tickets near -1.29, 36.8");
});

test("units that are left out are counted by why", () => {
  assert.equal(leftOut({ off_duty: 2, nowhere: 1 }), "Left out: 2 off duty, 1 without a position or home.");
  assert.equal(leftOut({ off_duty: 0, nowhere: 0 }), "");
});
