import manifest from '../../package.json' with { type: 'json' }

/** This release, as package.json says. */
export const version: string = manifest.version
