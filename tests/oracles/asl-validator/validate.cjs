// What asl-validator has against definitions in the Amazon States Language: node validate.cjs FOLDER, with the folder
// that it is installed in. It reads a list of texts from its input and prints a list of errors for each.
const { readFileSync } = require("node:fs");
const validate = require(require.resolve("asl-validator", { paths: [process.argv[2]] }));

const definitions = JSON.parse(readFileSync(0, "utf8"));
const found = definitions.map((text) => validate(JSON.parse(text)).errors);
console.log(JSON.stringify(found.map((errors) => errors.map((it) => `${it["Error code"]}: ${it.Message}`))));
