// Runs the published graph of NanoDet with TensorFlow.js, for build_nanodet.py to compare with:
//     node run_nanodet.mjs NODE_MODULES MODEL_FOLDER INPUT.f32 OUTPUT_FOLDER
// NODE_MODULES holds @tensorflow/tfjs-core, tfjs-converter and tfjs-backend-wasm. Writes 2704x80.f32 and so on.
import fs from 'fs';
import path from 'path';
import { createRequire } from 'module';

const [modules, folder, input, output] = process.argv.slice(2).map((name) => path.resolve(name));
const require = createRequire(path.join(modules, 'x.js'));
const tf = require('@tensorflow/tfjs-core');
const { loadGraphModel } = require('@tensorflow/tfjs-converter');
const { setWasmPaths } = require('@tensorflow/tfjs-backend-wasm');

const bytes = (file) => {
  const data = fs.readFileSync(file);
  return data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
};
setWasmPaths(path.join(modules, '@tensorflow/tfjs-backend-wasm/dist') + path.sep);
await tf.setBackend('wasm');
await tf.ready();
const graph = JSON.parse(fs.readFileSync(path.join(folder, 'nanodet.json')));
const model = await loadGraphModel({
  load: async () => ({
    modelTopology: graph.modelTopology,
    format: graph.format,
    signature: graph.signature,
    weightSpecs: graph.weightsManifest.flatMap((group) => group.weights),
    weightData: bytes(path.join(folder, 'nanodet.bin')),
  }),
});
const x = tf.tensor(new Float32Array(bytes(input)), [1, 3, 416, 416]);
for (const one of model.execute(x)) {
  const data = await one.data();
  const file = path.join(output, `${one.shape.slice(1).join('x')}.f32`);
  fs.writeFileSync(file, Buffer.from(data.buffer, data.byteOffset, data.byteLength));
}
