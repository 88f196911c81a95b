// Runs before the first paint so that a dark page never flashes white. A file of its own: the policy forbids inline scripts.
;(function () {
  var chosen = {}
  try {
    chosen = JSON.parse(localStorage.getItem('palaver.preferences') || '{}').state || {}
  } catch {
    // No preference yet, or storage is not available: follow the system.
  }
  var system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
  var shown = document.documentElement.dataset
  shown.theme = chosen.theme === 'dark' || chosen.theme === 'light' ? chosen.theme : system
  shown.fontSize = chosen.fontSize || 'medium'
})()
