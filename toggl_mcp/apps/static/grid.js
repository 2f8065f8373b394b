// The keyboard in the grid of a week.

// One cell can be reached by Tab; arrows, Home and End move among them, Enter and Space open one.
class Grid {
  constructor(table, [row, column] = [0, 0]) {
    this.rows = [...table.rows].slice(1).map((item) => [...item.querySelectorAll("[role=gridcell]")]);
    this.table = table;
    table.addEventListener("keydown", (event) => this.handleKey(event));
    table.addEventListener("focusin", (event) => this.select(this.find(event.target)));
    this.select([Math.min(row, this.rows.length - 1), Math.min(column, this.rows[0].length - 1)]);
  }

  find(cell) {
    const row = this.rows.findIndex((cells) => cells.includes(cell));
    return row === -1 ? this.position : [row, this.rows[row].indexOf(cell)];
  }

  select([row, column]) {
    if (this.position) this.rows[this.position[0]][this.position[1]].tabIndex = -1;
    this.position = [row, column];
    this.rows[row][column].tabIndex = 0;
  }

  focus() {
    this.rows[this.position[0]][this.position[1]].focus();
  }

  handleKey(event) {
    const [row, column] = this.position;
    const isReversed = getComputedStyle(this.table).direction === "rtl";
    const [lastRow, lastColumn] = [this.rows.length - 1, this.rows[0].length - 1];
    const targets = {
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      ArrowLeft: [row, column + (isReversed ? 1 : -1)],
      ArrowRight: [row, column + (isReversed ? -1 : 1)],
      Home: [event.ctrlKey ? 0 : row, 0],
      End: [event.ctrlKey ? lastRow : row, lastColumn],
    };
    const target = targets[event.key];
    if (target) {
      const clamp = (value, last) => Math.min(last, Math.max(0, value));
      this.rows[clamp(target[0], lastRow)][clamp(target[1], lastColumn)].focus();
    } else if (event.key === "Enter" || event.key === " ") this.rows[row][column].onOpen?.();
    else return;
    event.preventDefault();
  }
}
