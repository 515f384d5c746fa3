import { type Ellipsoid, ellipsoid, logDeterminant, meanRow } from './gaussian-fit.ts'

/** A Gaussian of some of the rows: its ellipsoid, the log determinant of its covariance, and which rows they are. */
export interface Subset {
  shape: Ellipsoid
  logDeterminant: number
  members: Uint32Array
}

/** Where a chain of steps ended; `distances`: all rows' squared distances as the last step told them. */
export interface Concentrated extends Subset {
  distances: () => Float64Array
}

/** Concentration steps over subsets of `support` of the given rows. */
export interface Concentration {
  /** From a subset of the rows, or from a Gaussian, whose nearest rows are then the first subset. Null: nothing varies. */
  from: (start: Uint32Array | Ellipsoid, steps: number) => Concentrated | null
  /** The Gaussian (covariance divided by their number) of any of the rows; null when nothing varies among them. */
  subset: (members: Uint32Array) => Subset | null
}

/** As numpy.allclose compares two numbers. */
const allClose = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-8 + 1e-5 * Math.abs(b)

/**
 * Concentration steps of P. J. Rousseeuw and K. Van Driessen (A fast algorithm for the minimum covariance determinant
 * estimator, Technometrics 41, 1999): the rows nearest to a Gaussian make the next one, as long as its determinant
 * falls. Sums over a subset are carried from one to the next, because few rows change; rows of equal length are given.
 */
export function concentration(rows: readonly ArrayLike<number>[], support: number): Concentration {
  const count = rows.length
  const origin = meanRow(rows) as Float64Array
  const width = origin.length
  // Centred, so that products of sums cancel no digits.
  const values = new Float64Array(count * width)
  rows.forEach((row, r) => {
    for (let j = 0; j < width; j++) values[r * width + j] = (row[j] as number) - (origin[j] as number)
  })
  const inside = new Uint8Array(count)
  const sums = new Float64Array(width)
  const products = new Float64Array((width * (width + 1)) / 2)
  const held = { size: 0 }

  /** Adds `first` and takes `second` away; −1 for none. */
  const exchange = (first: number, second: number) => {
    const [a, b] = [first * width, second * width]
    const [plus, minus] = [Number(first >= 0), Number(second >= 0)]
    let at = 0
    for (let i = 0; i < width; i++) {
      const x = plus ? (values[a + i] as number) : 0
      const y = minus ? (values[b + i] as number) : 0
      sums[i] = (sums[i] as number) + x - y
      if (plus && minus)
        for (let j = 0; j <= i; j++) {
          products[at] = (products[at] as number) + x * (values[a + j] as number) - y * (values[b + j] as number)
          at++
        }
      else {
        const [factor, from] = plus ? [x, a] : [-y, b]
        for (let j = 0; j <= i; j++) {
          products[at] = (products[at] as number) + factor * (values[from + j] as number)
          at++
        }
      }
    }
    held.size += plus - minus
  }

  const subset = (members: Uint32Array): Subset | null => {
    const wanted = new Uint8Array(count)
    for (const i of members) wanted[i] = 1
    const [come, go]: [number[], number[]] = [[], []]
    for (let i = 0; i < count; i++) {
      if (wanted[i] === inside[i]) continue
      if (wanted[i]) come.push(i)
      else go.push(i)
    }
    if (come.length + go.length > members.length) {
      // Nothing to be saved: begin anew, free of earlier rounding.
      sums.fill(0)
      products.fill(0)
      held.size = 0
      for (const i of members) exchange(i, -1)
    } else for (let k = 0; k < Math.max(come.length, go.length); k++) exchange(come[k] ?? -1, go[k] ?? -1)
    inside.set(wanted)
    const centre = sums.map((sum) => sum / held.size)
    const covariance = new Float64Array(products.length)
    let at = 0
    for (let i = 0; i < width; i++)
      for (let j = 0; j <= i; j++) {
        covariance[at] = (products[at] as number) / held.size - (centre[i] as number) * (centre[j] as number)
        at++
      }
    const shape = ellipsoid(
      centre.map((value, j) => value + (origin[j] as number)),
      covariance,
    )
    return shape && { shape, logDeterminant: logDeterminant(shape), members }
  }

  /** (x − μ)ᵀ Σ⁻¹ (x − μ) of every row, four rows at a time; `factor` of one Gaussian, centre of another. */
  const distances = (factor: Float64Array, centre: Float64Array): Float64Array => {
    const shifted = centre.map((value, j) => value - (origin[j] as number))
    const found = new Float64Array(count)
    const solved = new Float64Array(4 * width)
    for (let r = 0; r < count; r += 4) {
      const [a, b, c, d] = [0, 1, 2, 3].map((k) => Math.min(count - 1, r + k) * width) as [
        number,
        number,
        number,
        number,
      ]
      let sumA = 0
      let sumB = 0
      let sumC = 0
      let sumD = 0
      for (let i = 0; i < width; i++) {
        const row = (i * (i + 1)) / 2
        const middle = shifted[i] as number
        let w = (values[a + i] as number) - middle
        let x = (values[b + i] as number) - middle
        let y = (values[c + i] as number) - middle
        let z = (values[d + i] as number) - middle
        for (let k = 0; k < i; k++) {
          const one = factor[row + k] as number
          w -= one * (solved[4 * k] as number)
          x -= one * (solved[4 * k + 1] as number)
          y -= one * (solved[4 * k + 2] as number)
          z -= one * (solved[4 * k + 3] as number)
        }
        const scale = 1 / (factor[row + i] as number)
        w *= scale
        x *= scale
        y *= scale
        z *= scale
        solved[4 * i] = w
        solved[4 * i + 1] = x
        solved[4 * i + 2] = y
        solved[4 * i + 3] = z
        sumA += w * w
        sumB += x * x
        sumC += y * y
        sumD += z * z
      }
      found[r] = sumA
      if (r + 1 < count) found[r + 1] = sumB
      if (r + 2 < count) found[r + 2] = sumC
      if (r + 3 < count) found[r + 3] = sumD
    }
    return found
  }

  /** The `support` nearest rows; of equals at the edge the first. */
  const nearest = ({ factor, centre }: Ellipsoid): Uint32Array => {
    const own = distances(factor, centre)
    const edge = own.slice().sort()[support - 1] as number
    const members = new Uint32Array(support)
    let at = 0
    for (let i = 0; i < count; i++) if ((own[i] as number) < edge) members[at++] = i
    for (let i = 0; at < support && i < count; i++) if (own[i] === edge) members[at++] = i
    return members
  }

  return {
    subset,
    from: (start, steps) => {
      let own = subset(start instanceof Uint32Array ? start : nearest(start))
      if (!own) return null
      let [before, left] = [own, steps]
      let last = Number.POSITIVE_INFINITY
      while (own.logDeterminant < last && left > 0) {
        const next = subset(nearest(own.shape))
        if (!next) return null
        before = own
        last = own.logDeterminant
        own = next
        left--
      }
      const [end, earlier] = [own, before]
      if (left > 0 && end.logDeterminant > last && !allClose(end.logDeterminant, last))
        return { ...earlier, distances: () => distances(earlier.shape.factor, earlier.shape.centre) }
      // As the reference has it: the new centre, and still the shape of the step before.
      return { ...end, distances: () => distances(earlier.shape.factor, end.shape.centre) }
    },
  }
}
