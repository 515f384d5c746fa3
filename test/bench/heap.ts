/** Watches how much memory a Worker's own objects hold, by the inspector that `wrangler dev` opens. */
export interface HeapWatch {
  /** The largest heap in use since the last call, MiB. Null where the inspector never answered. */
  takePeakMiB(): number | null
  stop(): void
}

interface Listed {
  id?: string
  title?: string
  webSocketDebuggerUrl: string
}

/** Asks four times a second. Raises where no Worker is listed on that port. */
export async function watchHeap(inspectorPort: number): Promise<HeapWatch> {
  const response = await fetch(`http://127.0.0.1:${inspectorPort}/json`)
  const listed = (await response.json()) as Listed[]
  const [worker] = listed.filter(({ id, title }) => `${id} ${title}`.includes('assay')).concat(listed)
  if (worker === undefined) throw new Error(`the inspector on port ${inspectorPort} lists no Worker`)
  // The inspector takes no connection without an origin that it knows.
  const options = { headers: { origin: 'http://localhost' } }
  const socket = new WebSocket(worker.webSocketDebuggerUrl, options as unknown as string[])
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = () => reject(new Error('the inspector refused the connection'))
  })
  let peak: number | null = null
  socket.onmessage = ({ data }) => {
    const used = (JSON.parse(String(data)) as { result?: { usedSize?: number } }).result?.usedSize
    if (used !== undefined) peak = Math.max(peak ?? 0, used / 1048576)
  }
  let id = 0
  const timer = setInterval(() => {
    socket.send(JSON.stringify({ id: ++id, method: 'Runtime.getHeapUsage', params: {} }))
  }, 250)
  return {
    takePeakMiB() {
      const taken = peak
      peak = null
      return taken
    },
    stop() {
      clearInterval(timer)
      socket.close()
    },
  }
}
