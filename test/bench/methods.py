"""Times lm-polygraph's estimators and scikit-learn's metrics on the data of methods.ts: one JSON object to stdout.

The package's own __init__ is passed over, because it imports servers and trainers that no estimator needs.
"""

import json
import os
import sys
import time
import types
import warnings
from importlib import import_module

import numpy as np

warnings.filterwarnings("ignore")
data_path, distributions_path, vocabulary, repeats = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
# torch, where there is one, is only needed by the distances of hidden states.
sys.path.extend(filter(None, os.environ.get("ASSAY_TORCH", "").split(os.pathsep)))

root = next(os.path.join(p, "lm_polygraph") for p in sys.path if os.path.isdir(os.path.join(p, "lm_polygraph")))
for name, folder in (("lm_polygraph", ""), ("lm_polygraph.estimators", "estimators"), ("lm_polygraph.utils", "utils"),
                     ("lm_polygraph.ue_metrics", "ue_metrics"), ("lm_polygraph.stat_calculators", "stat_calculators")):
    package = types.ModuleType(name)
    package.__path__ = [os.path.join(root, folder)]
    sys.modules[name] = package
common = types.ModuleType("lm_polygraph.utils.common")
common.polygraph_module_init = lambda init: init
sys.modules["lm_polygraph.utils.common"] = common
# Named by calculators of statistics, and never called here.
model = types.ModuleType("lm_polygraph.utils.model")
model.Model = model.WhiteboxModel = object
sys.modules["lm_polygraph.utils.model"] = model
try:
    import torch  # noqa: F401
    torch.set_num_threads(1)
except ImportError:
    # NumSemSets names a softmax that it never calls.
    torch = None
    fake = types.ModuleType("torch")
    fake.nn = types.ModuleType("torch.nn")
    fake.nn.Softmax = lambda dim: None
    # scipy asks whether what it is given is one.
    fake.Tensor = type("Tensor", (), {})
    sys.modules["torch"], sys.modules["torch.nn"] = fake, fake.nn


def estimator(module, name, *args, **kwargs):
    return getattr(import_module(f"lm_polygraph.estimators.{module}"), name)(*args, **kwargs)


def metric(module, name, *args):
    return getattr(import_module(f"lm_polygraph.ue_metrics.{module}"), name)(*args)


with open(data_path) as file:
    data = json.load(file)
items = data["items"]
n = len(items)


def column(key):
    return [item[key] for item in items]


def arrays(key):
    return [np.array(item[key]) for item in items]


log_likelihoods = arrays("greedyLogprobs")
sample_tokens = column("sampleLogprobs")
samples = column("samples")
stats = {
    "greedy_log_likelihoods": log_likelihoods,
    "greedy_lm_log_likelihoods": arrays("unconditionalLogprobs"),
    "entropy": arrays("greedyEntropies"),
    "sample_log_probs": [[sum(tokens) for tokens in item] for item in sample_tokens],
    "sample_tokens": sample_tokens,
    "sample_log_likelihoods": sample_tokens,
    "sample_texts": samples,
    "semantic_matrix_entail": np.array([item["nli"]["entail"] for item in items]),
    "semantic_matrix_contra": np.array([item["nli"]["contradict"] for item in items]),
    "semantic_matrix_entail_logits": np.array([item["nliLogits"]["entail"] for item in items]),
    "semantic_matrix_contra_logits": np.array([item["nliLogits"]["contradict"] for item in items]),
    "greedy_sentence_similarity": arrays("greedySimilarity"),
    "sample_sentence_similarity": arrays("similarity"),
    "token_similarity": arrays("tokenSimilarity"),
    "sample_token_similarity": [[np.array(row) for row in item["sampleTokenSimilarity"]] for item in items],
    "greedy_semantic_matrix_contra_forward": [np.array(item["greedyNli"]["contradict"]) for item in items],
    "greedy_semantic_matrix_neutral_forward": [np.array(item["greedyNli"]["neutral"]) for item in items],
    "sample_embeddings": column("sampleEmbeddings"),
    "greedy_tokens": [["t0"] * len(item["greedyLogprobs"]) for item in items],
    "greedy_tokens_alternatives": [
        [[(one["token"], one["logprob"]) for one in position] for position in item["greedyTopK"]] for item in items
    ],
}
words = {"entail": "entail", "contradict": "contra", "neutral": "neutral"}
stats["greedy_tokens_alternatives_nli"] = [
    [[[words[r] for r in position]] + [[words[r]] for r in position[1:]] for position in item["alternativeNli"]]
    for item in items
]
flat = np.fromfile(distributions_path, dtype=np.float64).reshape(-1, 20, vocabulary)
stats_vocabulary = {"greedy_log_probs": [list(answer) for answer in flat]}

runs = {
    "MaximumSequenceProbability": estimator("max_probability", "MaximumSequenceProbability"),
    "Perplexity": estimator("perplexity", "Perplexity"),
    "MeanTokenEntropy": estimator("token_entropy", "MeanTokenEntropy"),
    "MeanPMI": estimator("pointwise_mutual_information", "MeanPointwiseMutualInformation"),
    "MeanCPMI": estimator("conditional_pointwise_mutual_information", "MeanConditionalPointwiseMutualInformation"),
    "MonteCarloSequenceEntropy": estimator("monte_carlo_sequence_entropy", "MonteCarloSequenceEntropy"),
    "MonteCarloNormalizedSequenceEntropy": estimator("monte_carlo_normalized_sequence_entropy",
                                                     "MonteCarloNormalizedSequenceEntropy"),
    **{f"LexicalSimilarity:{m}": estimator("lexical_similarity", "LexicalSimilarity", m)
       for m in ("rouge1", "rouge2", "rougeL", "BLEU")},
    **{f"{ours}:{suffix}": estimator(module, ours, **options)
       for ours, module in (("DegMat", "deg_mat"), ("EigValLaplacian", "eig_val_laplacian"),
                            ("Eccentricity", "eccentricity"))
       for suffix, options in (("nli", {}), ("nli:contra", {"affinity": "contra"}),
                               ("jaccard", {"similarity_score": "Jaccard_score"}))},
    "NumSemSets:nli": estimator("num_sem_sets", "NumSemSets"),
    "KernelLanguageEntropy:nli": estimator("kernel_language_entropy", "KernelLanguageEntropy"),
    "LUQ:nli": estimator("luq", "LUQ"),
    "LabelProb:nli": estimator("label_prob", "LabelProb"),
    **{f"SemanticEntropy{suffix}:nli": estimator("semantic_entropy", "SemanticEntropy",
                                                 class_probability_estimation=p, entropy_estimation=e)
       for suffix, p, e in (("", "sum", "mean"), (":sum-direct", "sum", "direct"),
                            (":frequency-mean", "frequency", "mean"), (":frequency-direct", "frequency", "direct"))},
    "SemanticDensity:nli": estimator("semantic_density", "SemanticDensity", concat_input=False),
    "TokenSAR": estimator("token_sar", "TokenSAR"),
    "SentenceSAR": estimator("sentence_sar", "SentenceSAR"),
    "SAR": estimator("sar", "SAR"),
    "CocoaMSP": estimator("cocoa", "CocoaMSP"),
    "CocoaPPL": estimator("cocoa", "CocoaPPL"),
    "CocoaMTE": estimator("cocoa", "CocoaMTE"),
    "ClaimConditionedProbability:nli": estimator("claim_conditioned_probability", "ClaimConditionedProbability"),
    "EigenScore": estimator("eigenscore", "EigenScore"),
}

results = {}


def measure(name, call, count=n):
    best, value, spent = float("inf"), None, 0.0
    for _ in range(repeats):
        # The thread's own time: other work on the machine does not count.
        start = time.thread_time()
        value = call()
        seconds = time.thread_time() - start
        best, spent = min(best, seconds), spent + seconds
        if spent > 1:
            break
    results[name] = {"seconds": best, "values": np.atleast_1d(np.asarray(value, dtype=float)).tolist(), "items": count}


# Ours start from the relations between samples, so that the reference has to sort them into classes as well.
SemanticClassesCalculator = import_module("lm_polygraph.stat_calculators.semantic_classes").SemanticClassesCalculator
entail, contradict = stats["semantic_matrix_entail"], stats["semantic_matrix_contra"]
relations = {
    "sample_texts": samples,
    "semantic_matrix_classes": np.where((entail > contradict) & (entail > 1 - entail - contradict), 2, 0),
    "entailment_id": 2,
}


def with_classes(run):
    return run({**stats, **SemanticClassesCalculator()(relations, None, None)})


few = {"sample_texts": samples[:100]}
for name, run in runs.items():
    # A hundred items of these take as long as all of the others.
    lexical = name.startswith("LexicalSimilarity")
    if name.startswith(("LabelProb", "SemanticEntropy")):
        measure(name, lambda: with_classes(run))
    else:
        measure(name, lambda: run(few if lexical else stats), 100 if lexical else n)
for name, module in (("RenyiNeg", "renyi_neg"), ("FisherRao", "fisher_rao"), ("SelfCertainty", "self_certainty")):
    run = estimator(module, name)
    measure(f"{name} from distributions", lambda: run(stats_vocabulary), len(flat))

if torch is not None:
    stats["embeddings_decoder"] = np.array(column("answerEmbedding"))
    stats["train_embeddings_decoder"] = np.array(data["fit"])
    stats["background_train_embeddings_decoder"] = np.array(data["background"])
    # A new one each time: the fit belongs to the work.
    measure("Mahalanobis", lambda: estimator("mahalanobis_distance", "MahalanobisDistanceSeq")(stats))
    measure("RelativeMahalanobis",
            lambda: estimator("relative_mahalanobis_distance", "RelativeMahalanobisDistanceSeq")(stats))
    measure("RDE", lambda: estimator("rde", "RDESeq")(stats))

from scipy import stats as scipy_stats
from sklearn import metrics
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

uncertainty = np.array([-np.sum(one) for one in log_likelihoods])
quality = np.array(data["qualities"], dtype=float)
confidence = np.exp(-uncertainty / uncertainty.max())
measure("rocAuc", lambda: metrics.roc_auc_score(quality, -uncertainty))
measure("averagePrecision", lambda: metrics.average_precision_score(quality, -uncertainty))
measure("precisionRecallCurve", lambda: metrics.precision_recall_curve(quality, -uncertainty)[0])
measure("brier", lambda: metrics.brier_score_loss(quality, confidence))
measure("logLoss", lambda: metrics.log_loss(quality, confidence))
measure("isotonicCalibration", lambda: IsotonicRegression(out_of_bounds="clip").fit(confidence, quality).predict(confidence))
measure("plattScaling", lambda: LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000)
        .fit(confidence[:, None], quality).predict_proba(confidence[:, None])[:, 1])
measure("spearman", lambda: scipy_stats.spearmanr(-uncertainty, quality).statistic)
measure("kendallTauB", lambda: scipy_stats.kendalltau(-uncertainty, quality).statistic)
measure("PredictionRejectionArea", lambda: metric("pred_rej_area", "PredictionRejectionArea")(uncertainty, quality))
measure("RiskCoverageAUC", lambda: metric("risk_cov_curve", "RiskCoverageCurveAUC")(uncertainty, quality))
measure("ReversedPairs", lambda: metric("rev_pairs_prop", "ReversedPairsProportion")(uncertainty, quality))
measure("ECE", lambda: metric("ece", "ECE", False, 10)(-confidence, quality))

json.dump(results, sys.stdout)
