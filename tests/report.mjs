// Reads what bin/test collected (results of dotnet test and of vitest, and checks), shows what failed and what was skipped,
// and ends with "N passed, N failed".
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const directory = process.argv[2]
const tests = readdirSync(directory).flatMap((file) => {
  const text = () => readFileSync(join(directory, file), 'utf8')
  if (file.endsWith('.trx')) return fromTrx(text())
  if (file.endsWith('.vitest.json')) return fromVitest(JSON.parse(text()))
  if (file.endsWith('.check')) return [fromCheck(text())]
  return []
})

const of = (outcome) => tests.filter((t) => t.outcome === outcome)
const skippedBy = Map.groupBy ? Map.groupBy(of('skipped'), (t) => t.detail) : groupBy(of('skipped'), (t) => t.detail)
for (const [reason, skipped] of skippedBy) {
  console.log(`\nSKIPPED ${skipped.length}: ${reason || 'no reason given'}`)
  for (const test of skipped.slice(0, 10)) console.log(`  ${test.name}`)
  if (skipped.length > 10) console.log(`  … and ${skipped.length - 10} more`)
}
for (const test of of('failed')) console.log(`\nFAILED ${test.name}\n${indent(test.detail)}`)
console.log(`\n${of('passed').length} passed, ${of('failed').length} failed`)
process.exitCode = of('failed').length > 0 || of('passed').length === 0 ? 1 : 0

function fromTrx(xml) {
  const found = []
  for (const [, attributes, body] of xml.matchAll(/<UnitTestResult\b([^>]*?)(?:\/>|>([\s\S]*?)<\/UnitTestResult>)/g)) {
    const outcome = { Passed: 'passed', NotExecuted: 'skipped' }[attribute(attributes, 'outcome')] ?? 'failed'
    const message = element(body, 'Message')
    const where = element(body, 'StackTrace').split('\n').filter((line) => line.includes('.cs:line')).slice(0, 4).join('\n')
    const output = element(body, 'StdOut').split('\n').slice(-20).join('\n')
    found.push({ name: attribute(attributes, 'testName'), outcome, detail: outcome === 'failed' ? [message, where, output].filter(Boolean).join('\n') : message })
  }
  return found
}

function fromVitest(report) {
  return report.testResults.flatMap((file) => {
    const name = file.name.replace(/^.*\/web\//, 'web/')
    if (file.assertionResults.length === 0 && file.status === 'failed') return [{ name, outcome: 'failed', detail: file.message ?? '' }]
    return file.assertionResults.map((test) => ({
      name: `${name} ${test.fullName}`,
      outcome: test.status === 'passed' ? 'passed' : test.status === 'failed' ? 'failed' : 'skipped',
      detail: (test.failureMessages ?? []).join('\n').split('\n').slice(0, 15).join('\n'),
    }))
  })
}

function fromCheck(text) {
  const [first, ...rest] = text.split('\n')
  const space = first.indexOf(' ')
  return { name: first.slice(space + 1), outcome: first.slice(0, space), detail: rest.join('\n') }
}

function attribute(text, name) {
  return unescape(new RegExp(`\\b${name}="([^"]*)"`).exec(text)?.[1] ?? '')
}

function element(text, name) {
  return unescape(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(text ?? '')?.[1] ?? '').trim()
}

function unescape(text) {
  const named = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, word) =>
    hex ? String.fromCodePoint(parseInt(hex, 16)) : decimal ? String.fromCodePoint(Number(decimal)) : (named[word] ?? whole))
}

function indent(text) {
  return text.split('\n').map((line) => `    ${line}`).join('\n')
}

function groupBy(items, key) {
  const groups = new Map()
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item])
  return groups
}
