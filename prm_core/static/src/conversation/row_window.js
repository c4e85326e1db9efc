/** Pixels that are rendered beyond what is seen, above and below. */
const OVERSCAN = 600;
/** Rows come and go in blocks, so that most steps of a scroll change nothing. */
const BLOCK = 10;

/**
 * Which rows of a long list are rendered, and where they lie.
 *
 * Rows differ in height. The height of a row that has been rendered is known; of the others it is
 * estimated, until they come near. Plain calculation: nothing here touches the page.
 */
export class RowWindow {
    /** @param {(row: Object) => number} estimate height in pixels of a row never rendered */
    constructor(estimate) {
        this.estimate = estimate;
        this.heights = new Map();
        this.setRows([]);
    }

    /** @param {{key: string}[]} rows from top to bottom; keys are unique */
    setRows(rows) {
        this.rows = rows;
        this.layOut();
    }

    /** Work out anew where each row begins. */
    layOut() {
        this.offsets = new Float64Array(this.rows.length + 1);
        this.rows.forEach((row, index) => {
            const height = this.heights.get(row.key) ?? this.estimate(row);
            this.offsets[index + 1] = this.offsets[index] + height;
        });
    }

    /**
     * Remember the height that a row really has.
     * @returns {boolean} whether that is news
     */
    measure(key, height) {
        const known = this.heights.get(key);
        if (known !== undefined && Math.abs(known - height) < 0.5) {
            return false;
        }
        this.heights.set(key, height);
        return true;
    }

    /** Height of all rows together. */
    get total() {
        return this.offsets[this.rows.length];
    }

    /** Index of the row with a key, or -1. */
    indexOf(key) {
        return this.rows.findIndex((row) => row.key === key);
    }

    /** Index of the row at a height; the last one below the end. */
    indexAt(y) {
        let low = 0;
        let high = this.rows.length - 1;
        while (low < high) {
            const middle = (low + high + 1) >> 1;
            if (this.offsets[middle] <= y) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return Math.max(0, low);
    }

    /**
     * The rows to render for a view.
     * @param {number} top scroll position @param {number} height of the view
     * @returns {{first: number, last: number}} `last` is the first one left out
     */
    range(top, height) {
        const first = this.indexAt(top - OVERSCAN);
        const last = this.indexAt(top + height + OVERSCAN) + 1;
        return {
            first: Math.floor(first / BLOCK) * BLOCK,
            last: Math.min(this.rows.length, Math.ceil(last / BLOCK) * BLOCK),
        };
    }

    /** Room of the rows that are left out above and below a range. */
    spacers({ first, last }) {
        return { above: this.offsets[first], below: this.total - this.offsets[last] };
    }
}
