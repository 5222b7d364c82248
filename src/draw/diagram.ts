/** What a picture consists of, before anything has a place. */

/** Something that wires lead from and to. */
export interface Item {
  /**
   * `circle`: an operation's sign; `name`: a source, without an outline; `box`: a title above lines of text; `fork`:
   * where a value parts; `end`: where a result leaves.
   */
  readonly kind: 'circle' | 'name' | 'box' | 'fork' | 'end';
  readonly text: string;
  /** Smaller lines: below the title of a box, above a circle. */
  readonly notes: readonly string[];
  /** Whether it stands in the first column. */
  readonly first: boolean;
}

/** A wire from one item to another, with a label on either side. */
export interface Wire {
  readonly from: Item;
  readonly to: Item;
  readonly above: string;
  readonly below: string;
}

/** A line of the key to a picture. */
export interface KeyEntry {
  readonly text: string;
  readonly style: 'value' | 'gradient' | 'note';
}

export interface Diagram {
  readonly items: readonly Item[];
  readonly wires: readonly Wire[];
  readonly key: readonly KeyEntry[];
  /** Where the wires lead. */
  readonly direction: 'right' | 'down';
}
