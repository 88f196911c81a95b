// Runs before the first paint so that a dark page never flashes white. A file of its own: the policy forbids inline scripts.
;(function () {
  var chosen = 'system'
  try {
    chosen = JSON.parse(localStorage.getItem('palaver.preferences') || '{}').state.theme || 'system'
  } catch {
    // No preference yet, or storage is not available: follow the system.
  }
  var dark = chosen === 'dark' || (chosen === 'system' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()
