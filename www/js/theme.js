// @ts-check
// Light and dark: the system's, or the visitor's own choice, which is remembered.

const KEY = "perennial-theme";
const DARK = matchMedia("(prefers-color-scheme: dark)");

/**
 * @param {HTMLSelectElement} select
 * @param {() => void} changed called when colours are other ones now
 */
export function initTheme(select, changed) {
  select.value = remembered();
  apply(select.value);
  select.addEventListener("change", () => {
    apply(select.value);
    remember(select.value);
    changed();
  });
  DARK.addEventListener("change", changed);
  // What was drawn before now has the system's.
  changed();
}

/** @param {string} theme */
function apply(theme) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

function remembered() {
  try {
    const theme = localStorage.getItem(KEY);
    return theme === "light" || theme === "dark" ? theme : "system";
  } catch {
    // A page that may store nothing follows the system.
    return "system";
  }
}

/** @param {string} theme */
function remember(theme) {
  try {
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // It holds for this visit alone then.
  }
}

const probe = document.createElement("i");
probe.hidden = true;

/**
 * What a custom property is as a colour now: a canvas knows no properties.
 * @param {string} name such as `--ink`
 */
export function colour(name) {
  if (!probe.isConnected) document.body.append(probe);
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}
