import type { Item } from "./item";

interface Props {
  items: readonly Item[];
  onRemove: (id: string) => void;
}

export function ItemList({ items, onRemove }: Props) {
  if (items.length === 0) {
    return <p>Nothing here yet.</p>;
  }
  return (
    <ul className="items">
      {items.map(({ id, name }) => (
        <li key={id}>
          {name}
          <button
            type="button"
            aria-label={`Remove ${name}`}
            onClick={() => {
              onRemove(id);
            }}
          >
            Remove
          </button>
        </li>
      ))}
    </ul>
  );
}
