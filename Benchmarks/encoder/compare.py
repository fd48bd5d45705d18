"""Compares the encoder with onnxruntime's: one thread each, taking turns, on the same token numbers.

    compare.py BENCH MODEL_FOLDER TEXTS.jsonl...

onnxruntime gets the graph with its own fused operators (attention, layer norm, GELU), in float32. Batches of equal length
are padded by nobody; of a real mix of lengths onnxruntime gets 32 texts at a time, padded to the longest: once sorted by
length, which suits it best, and once as they come.
Prints sentences per second of processor time, and the cosine between both.
"""

import json
import os
import subprocess
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

WIDTH, HEADS, LAYERS = 384, 12, 6


def tensors(path):
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
        data = file.read()
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            start, end = entry["data_offsets"]
            yield name, numpy.frombuffer(data[start:end], dtype=numpy.float32).reshape(entry["shape"])


def graph(folder):
    weights = dict(tensors(f"{folder}/model.safetensors"))
    nodes, constants = [], []

    def constant(name, value):
        constants.append(numpy_helper.from_array(numpy.ascontiguousarray(value), name))
        return name

    def add(kind, inputs, outputs, **attributes):
        nodes.append(helper.make_node(kind, inputs, outputs, domain="com.microsoft", **attributes))

    def norm(name):
        return [constant(f"{name}.{part}", weights[f"{name}.{part}"]) for part in ("weight", "bias")]

    words, places, types = (f"embeddings.{part}_embeddings.weight" for part in ("word", "position", "token_type"))
    for name in (words, places, types):
        constant(name, weights[name])
    add(
        "EmbedLayerNormalization",
        ["ids", "types", words, places, types, *norm("embeddings.LayerNorm"), "mask"],
        ["hidden", "mask_index"],
        epsilon=1e-12,
    )
    hidden = "hidden"
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        joined = numpy.concatenate([weights[f"{part}.weight"] for part in parts]).T
        bias = numpy.concatenate([weights[f"{part}.bias"] for part in parts])
        attention = [constant(f"{name}.qkv", joined), constant(f"{name}.qkv_bias", bias)]
        add("Attention", [hidden, *attention, "mask_index"], [f"{name}.context"], num_heads=HEADS)

        def linear(source, weight, target):
            constant(f"{weight}.T", weights[f"{weight}.weight"].T)
            nodes.append(helper.make_node("MatMul", [source, f"{weight}.T"], [target]))
            return constant(f"{weight}.bias", weights[f"{weight}.bias"])

        bias = linear(f"{name}.context", f"{name}.attention.output.dense", f"{name}.projected")
        add(
            "SkipLayerNormalization",
            [f"{name}.projected", hidden, *norm(f"{name}.attention.output.LayerNorm"), bias],
            [f"{name}.attended"],
            epsilon=1e-12,
        )
        bias = linear(f"{name}.attended", f"{name}.intermediate.dense", f"{name}.wide")
        add("BiasGelu", [f"{name}.wide", bias], [f"{name}.bent"])
        bias = linear(f"{name}.bent", f"{name}.output.dense", f"{name}.narrow")
        add(
            "SkipLayerNormalization",
            [f"{name}.narrow", f"{name}.attended", *norm(f"{name}.output.LayerNorm"), bias],
            [f"{name}.out"],
            epsilon=1e-12,
        )
        hidden = f"{name}.out"
    ints = [helper.make_tensor_value_info(name, TensorProto.INT32, ["n", "l"]) for name in ("ids", "types", "mask")]
    out = [helper.make_tensor_value_info(hidden, TensorProto.FLOAT, ["n", "l", WIDTH])]
    versions = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(helper.make_graph(nodes, "minilm", ints, out, constants), opset_imports=versions)
    model.ir_version = 9
    return model.SerializeToString()


class Peer:
    def __init__(self, folder):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(graph(folder), options, providers=["CPUExecutionProvider"])

    def encode(self, sentences):
        longest = max(map(len, sentences))
        ids = numpy.zeros((len(sentences), longest), dtype=numpy.int32)
        mask = numpy.zeros_like(ids)
        for row, tokens in enumerate(sentences):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        start = time.process_time()
        hidden = self.session.run(None, {"ids": ids, "types": numpy.zeros_like(ids), "mask": mask})[0]
        mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        vectors = mean / numpy.linalg.norm(mean, axis=1, keepdims=True)
        return time.process_time() - start, vectors

    def encode_all(self, sentences, is_sorted, size=32):
        order = list(range(len(sentences)))
        if is_sorted:
            order.sort(key=lambda index: len(sentences[index]))
        took, vectors = 0, numpy.zeros((len(sentences), WIDTH), dtype=numpy.float32)
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            seconds, vectors[chosen] = self.encode([sentences[index] for index in chosen])
            took += seconds
        return took, vectors


class Bench:
    def __init__(self, program, folder):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ask(f"model {folder}")

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def encode(self, precision, sentences):
        joined = " ".join(",".join(map(str, tokens)) for tokens in sentences)
        cpu, path = self.ask(f"encode {precision} {joined}").split()
        return int(cpu) / 1e9, numpy.fromfile(path, dtype=numpy.float32).reshape(-1, WIDTH)

    def tokens(self, texts):
        return [list(map(int, self.ask("tokens " + " ".join(text.split())).split(","))) for text in texts]


def main():
    program, folder, *paths = sys.argv[1:]
    bench, peer = Bench(program, folder), Peer(folder)
    texts = []
    for path in paths:
        with open(path) as file:
            texts += [json.loads(line)["text"] for line in file]
    random = numpy.random.default_rng(5)
    mixed = bench.tokens([texts[index] for index in random.permutation(len(texts))[:512]])
    print(f"a real mix: {len(mixed)} texts, {numpy.mean(list(map(len, mixed))):.0f} tokens in the mean")
    shapes = {f"{count} × {length}": random.integers(1000, 29000, (count, length)).tolist()
              for count, length in ((1, 32), (1, 128), (32, 32), (32, 128))}
    print("\n| | onnxruntime | Labsync float32 | ratio | Labsync half | ratio | cosine, least |\n|---|---|---|---|---|---|---|")
    mixes = {"a real mix of 512, sorted": mixed, "a real mix of 512, as it comes": mixed}
    for name, sentences in {**shapes, **mixes}.items():
        times = {"peer": [], "whole": [], "half": []}
        least = 1
        for _ in range(5 if len(sentences) > 100 else 15):
            seconds, truth = peer.encode_all(sentences, is_sorted="as it comes" not in name)
            times["peer"].append(seconds)
            for precision in ("whole", "half"):
                seconds, vectors = bench.encode(precision, sentences)
                times[precision].append(seconds)
                least = min(least, float((vectors * truth).sum(1).min()))
        rate = {name: len(sentences) / numpy.median(seconds) for name, seconds in times.items()}
        print(
            f"| {name} | {rate['peer']:.0f} | {rate['whole']:.0f} | {rate['whole'] / rate['peer']:.2f} "
            f"| {rate['half']:.0f} | {rate['half'] / rate['peer']:.2f} | {least:.5f} |",
            flush=True,
        )


main()
