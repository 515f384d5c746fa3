export function contentWidth(): number
export function focusedText(): string
export function focusedId(): string
export function contrasts(): { paper: number; ratios: { selector: string; ratio: number }[] }
export function audit(): Record<
  'lang' | 'mode' | 'firstHeadings' | 'skipped' | 'nameless' | 'twice' | 'dead' | 'missingLandmarks',
  unknown
>
