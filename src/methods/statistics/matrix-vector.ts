/** Rows of a matrix four by four, entry by entry, so that one pass over a vector serves four rows. */
export interface FourfoldRows {
  count: number
  width: number
  values: Float64Array
}

/** Rows of equal length as `matrixTimesVector` takes them. Raises when they differ in length. */
export function fourfold(rows: readonly ArrayLike<number>[]): FourfoldRows {
  const width = rows[0]?.length ?? 0
  const values = new Float64Array(4 * Math.ceil(rows.length / 4) * width)
  rows.forEach((row, r) => {
    if (row.length !== width) throw new RangeError('fourfold: rows differ in length')
    const start = 4 * Math.floor(r / 4) * width + (r % 4)
    for (let j = 0; j < width; j++) values[start + 4 * j] = row[j] as number
  })
  return { count: rows.length, width, values }
}

/** The product of each row with the vector. Raises when the vector has another length than the rows. */
export function matrixTimesVector({ count, width, values }: FourfoldRows, vector: ArrayLike<number>): Float64Array {
  if (vector.length !== width) throw new RangeError(`matrixTimesVector: ${vector.length} values against ${width}`)
  const own = vector instanceof Float64Array ? vector : Float64Array.from(vector)
  const products = new Float64Array(count)
  let at = 0
  for (let r = 0; r < count; r += 4) {
    let first = 0
    let second = 0
    let third = 0
    let fourth = 0
    for (let j = 0; j < width; j++) {
      const value = own[j] as number
      first += value * (values[at] as number)
      second += value * (values[at + 1] as number)
      third += value * (values[at + 2] as number)
      fourth += value * (values[at + 3] as number)
      at += 4
    }
    products[r] = first
    if (r + 1 < count) products[r + 1] = second
    if (r + 2 < count) products[r + 2] = third
    if (r + 3 < count) products[r + 3] = fourth
  }
  return products
}
