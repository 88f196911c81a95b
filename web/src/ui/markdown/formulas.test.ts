import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { MAX_FORMULA, formulaOf, withFormulas } from './formulas'

/** The formulas of a text, each with its kind. */
function found(source: string, growing = false): string[] {
  return [...withFormulas(source, growing).matchAll(/(`+)([\uE000-\uE002][^]*?[\uE000-\uE002])\1/g)].flatMap(([, , code = '']) => {
    const formula = formulaOf(code)
    return formula ? `${formula.kind}: ${formula.tex}` : []
  })
}

describe('formulas', () => {
  test('are found in all four ways of writing them', () => {
    expect(found('Let \\(a_1 * b_2\\) and $x^2$ be')).toEqual(['inline: a_1 * b_2', 'inline: x^2'])
    expect(found('So\n\\[\nx = 1 % why\n\\]\nand\n$$\ny = 2\n$$\n')).toEqual(['display: x = 1', 'display: y = 2'])
    expect(found('公式$E=mc^2$是')).toEqual(['inline: E=mc^2'])
    expect(found('$3x + 2 = 8$, $5$ and $\\text{cost} = \\$5$')).toEqual([
      'inline: 3x + 2 = 8',
      'inline: 5',
      'inline: \\text{cost} = \\$5',
    ])
  })

  test.each([
    'It costs $5 and $6.',
    'From $5–$6, or US$7 to US$8',
    'between $100 and 200$',
    '大约$100到200$左右',
    'echo $HOME and $PATH, or $HOME/$USER',
    'a \\$x$ and $ y $',
    'one $\n\nparagraph$ and another',
    'escaped \\\\(not\\\\)',
    'nothing $$ $$ here',
  ])('are not money or variables: %s', (text) => {
    expect(withFormulas(text)).toBe(text)
  })

  test.each(['`$x$` and ``\\(y\\) ` ``', '```tex\n$x$\n\n\\[y\\]\n```', '- a\n  ~~~\n  $$x$$\n  ~~~', '> ```\n> $x$\n> ```'])(
    'are not looked for in code: %s',
    (text) => {
      expect(withFormulas(text)).toBe(text)
    },
  )

  test('go on where Markdown has marks of its own', () => {
    expect(found('> $$\n> x\n> > 0\n> $$')).toEqual(['display: x > 0'])
    expect(found('| $|x|$ | $\\|y\\|$ |')).toEqual(['inline: \\vert x\\vert ', 'inline: \\Vert y\\Vert '])
    expect(found('`code` $x$ `more` $y$')).toEqual(['inline: x', 'inline: y'])
    expect(found('\\(a`b``c\\)')).toEqual(['inline: a`b``c'])
  })

  test('that are unfinished wait while the text grows, and are text if it has ended', () => {
    expect(found('So \\[ \\frac{a_1}{', true)).toEqual(['unfinished: \\frac{a_1}{'])
    expect(found('So \\[ \\frac{a_1}{')).toEqual([])
    expect(found('So $$\nx', true)).toEqual(['unfinished: x'])
    expect(found('It is $5 and', true)).toEqual([])
    expect(found('So $$\nx\n\nNew paragraph', true)).toEqual([])
  })

  test('have a limit', () => {
    expect(found(`\\(${'x'.repeat(MAX_FORMULA)}\\)`)).toHaveLength(1)
    expect(found(`\\(${'x'.repeat(MAX_FORMULA + 1)}\\)`)).toEqual([])
    expect(found(`\\(${'x'.repeat(MAX_FORMULA + 1)}`, true)).toEqual([])
  })

  test('never cost a word of what is around them', () => {
    const part = fc.constantFrom('text ', '$', '$$', '\\(', '\\)', '\\[', '\\]', '`', '```\n', '\n', '\n\n', '> ', '| ', '\\', '5', 'x')
    fc.assert(
      fc.property(fc.array(part, { maxLength: 60 }), fc.boolean(), (parts, growing) => {
        const words = (text: string) => text.match(/text/g)?.length ?? 0
        expect(words(withFormulas(parts.join(''), growing))).toBe(words(parts.join('')))
      }),
    )
  })
})
