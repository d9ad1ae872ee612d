// What libraries take for the present.
const Real = Date

export async function at(seconds, work) {
  globalThis.Date = class extends Real {
    constructor(...given) {
      super(...(given.length ? given : [seconds * 1000]))
    }

    static now = () => seconds * 1000
  }
  try {
    return await work()
  } finally {
    globalThis.Date = Real
  }
}
