/** The example of this app: replace it with what the app is about. */
export interface Item {
  readonly id: string;
  readonly name: string;
}
