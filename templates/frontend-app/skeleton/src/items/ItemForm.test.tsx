import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { ItemForm } from "./ItemForm";

test.each([
  ["  kettle ", [["kettle"]]],
  ["   ", []],
])("typing %j adds %j", async (typed, calls) => {
  const user = userEvent.setup();
  const onAdd = vi.fn();
  render(<ItemForm onAdd={onAdd} />);
  const input = screen.getByRole("textbox", { name: "New item" });

  await user.type(input, `${typed}{Enter}`);

  expect(onAdd.mock.calls).toEqual(calls);
  expect(input).toHaveValue("");
});
