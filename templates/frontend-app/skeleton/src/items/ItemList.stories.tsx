import type { Meta, StoryObj } from "@storybook/react-vite";
import { fn } from "storybook/test";
import { ItemList } from "./ItemList";

const meta = {
  component: ItemList,
  args: {
    items: [
      { id: "1", name: "kettle" },
      { id: "2", name: "teapot" },
    ],
    onRemove: fn(),
  },
} satisfies Meta<typeof ItemList>;

export default meta;
type Story = StoryObj<typeof meta>;

export const Filled: Story = {};

export const Empty: Story = { args: { items: [] } };
