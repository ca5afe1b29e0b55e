import type { Preview } from "@storybook/react-vite";
import "../src/index.css";

const preview: Preview = { tags: ["autodocs"] };

export default preview;
