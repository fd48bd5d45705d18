#!/usr/bin/env python3
"""Makes fixtures/encoder/reference.jsonl: texts with their tokens and vectors by an independent implementation.

The tokenizer is Hugging Face's `tokenizers`; the network is written out below in numpy, float64.
Needs: pip install numpy tokenizers safetensors, and the model's folder (tokenizer.json included) as argument.
"""
import base64
import json
import math
import pathlib
import random
import sys

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

WORDS = """the buffer was changed before lysis because our older stock had gone cloudy please book hood two for
thursday morning incubate at 37 °C for 45 min then spin 12,000 × g p62 NBR1 LC3B HEK293T ΔF508 café naïve Übergang
résumé señal señora Łódź İstanbul ΣΙΣΥΦΟΣ straße ﬁlter co-IP α-tubulin µL 0.5% Triton-X100 (v/v) pH 7.4 cat# ab-12345
antibody microscope objective unbelievably counterintuitiveness immunoprecipitation""".split()
ALPHABETS = [
    "汉字漢字实验室の会議は明日です。", "실험실 회의는 내일입니다", "مختبر الخلية غدا", "מעבדה מחר", "лаборатория завтра утром",
    "ห้องปฏิบัติการ", "प्रयोगशाला कल", "🧪🔬👩‍🔬🧬❄️🇸🇪", "é́̂ ḉ Å ñ", "½ ² ㎍ ㈱ Ⅷ",
]


def texts():
    random.seed(20260101)
    made = ["", " ", "\t\n\r", "\u200b", "\u00ad", "a\u0000b".replace("\u0000", ""), "x" * 100, "x" * 101, "y" * 400, "é" * 100, "é" * 101]
    made += ["bell\u0007 and escape\u001b[0m", "soft\u00adhyphen", "non\u00a0breaking", "line\u2028separator", "private\ue000use",
             "replacement\ufffdcharacter", "vertical\u000btab and form\u000cfeed", "\ufeffbyte order mark", "zero\u200dwidth\u200cjoiners"]
    made += ["!!!", "¿Qué?", "…", "“quoted” — ‘text’", "a_b-c/d\\e|f", "$1,000.00 + €5 = £?", "<b>bold</b> & [link](x)", "don't can't won't"]
    made += ALPHABETS
    made += [" ".join(random.choice(WORDS) for _ in range(600))]
    while len(made) < 520:
        kind = random.random()
        if kind < 0.6:
            text = " ".join(random.choice(WORDS) for _ in range(random.choice([1, 2, 3, 5, 8, 13, 21, 34, 89, 200])))
        elif kind < 0.8:
            text = " ".join(random.choice(WORDS + ALPHABETS) for _ in range(random.randint(1, 12)))
        else:
            text = "".join(random.choice("abcXYZ012 .,;:!?éßø漢αЖ🧪\u0301\u00a0-_/") for _ in range(random.randint(1, 80)))
        made.append(text)
    return made


def gelu(x):
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def norm(x, scale, shift):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12) * scale + shift


def encode(weights, tokens):
    def linear(x, name):
        return x @ weights[name + ".weight"].T + weights[name + ".bias"]

    x = weights["embeddings.word_embeddings.weight"][tokens]
    x = x + weights["embeddings.position_embeddings.weight"][: len(tokens)] + weights["embeddings.token_type_embeddings.weight"][0]
    x = norm(x, weights["embeddings.LayerNorm.weight"], weights["embeddings.LayerNorm.bias"])
    for index in range(6):
        layer = f"encoder.layer.{index}."
        query, key, value = (
            linear(x, f"{layer}attention.self.{part}").reshape(len(tokens), 12, 32).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(32)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        context = (scores / scores.sum(-1, keepdims=True) @ value).transpose(1, 0, 2).reshape(len(tokens), 384)
        x = norm(linear(context, layer + "attention.output.dense") + x,
                 weights[layer + "attention.output.LayerNorm.weight"], weights[layer + "attention.output.LayerNorm.bias"])
        x = norm(linear(gelu(linear(x, layer + "intermediate.dense")), layer + "output.dense") + x,
                 weights[layer + "output.LayerNorm.weight"], weights[layer + "output.LayerNorm.bias"])
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def main():
    folder = pathlib.Path(sys.argv[1])
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    weights = {name: tensor.astype(np.float64) for name, tensor in load_file(folder / "model.safetensors").items()}
    target = pathlib.Path(__file__).parent.parent / "fixtures/encoder/reference.jsonl"
    with target.open("w") as file:
        for text in texts():
            tokens = tokenizer.encode(text).ids
            vector = base64.b64encode(encode(weights, tokens).astype("<f2").tobytes()).decode()
            file.write(json.dumps({"text": text, "tokens": tokens, "vector": vector}) + "\n")


main()
