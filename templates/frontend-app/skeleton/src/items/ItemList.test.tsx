import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { ItemList } from "./ItemList";

const items = [
  { id: "1", name: "kettle" },
  { id: "2", name: "teapot" },
];

test("shows the items in their order", () => {
  render(<ItemList items={items} onRemove={vi.fn()} />);
  const shown = within(screen.getByRole("list")).getAllByRole("listitem");
  expect(shown.map((item) => item.firstChild?.textContent)).toEqual([
    "kettle",
    "teapot",
  ]);
});

test("says which item is to be removed", async () => {
  const onRemove = vi.fn();
  render(<ItemList items={items} onRemove={onRemove} />);
  await userEvent.click(screen.getByRole("button", { name: "Remove teapot" }));
  expect(onRemove).toHaveBeenCalledExactlyOnceWith("2");
});

test("says that there are none", () => {
  render(<ItemList items={[]} onRemove={vi.fn()} />);
  expect(screen.getByText("Nothing here yet.")).toBeVisible();
});
