# HRNet-W30 that tells two kinds of marks on a metal surface apart: a config of MMPretrain.
# The division by 255 stands in `data_preprocessor`, not in `test_pipeline`: that is where porters of the pipeline miss it.
default_scope = "mmpretrain"
custom_imports = dict(imports=["pixelparity.deploy.transforms"], allow_failed_imports=False)

data_root = "data/surface"
classes = ("scratch", "spot")
input_size = (512, 384)  # height, width
train_size = (128, 96)

data_preprocessor = dict(mean=[0.0, 0.0, 0.0], std=[255.0, 255.0, 255.0], to_rgb=True, num_classes=2)

model = dict(
    type="ImageClassifier",
    backbone=dict(type="HRNet", arch="w30"),
    neck=[
        dict(type="HRFuseScales", in_channels=(30, 60, 120, 240)),
        dict(type="GlobalAveragePooling"),
    ],
    head=dict(
        type="LinearClsHead",
        in_channels=2048,
        num_classes=2,
        loss=dict(type="CrossEntropyLoss", loss_weight=1.0),
        topk=(1,),
    ),
)

train_pipeline = [
    dict(type="LoadImageFromFile"),
    dict(type="ResizeToFit", size=train_size),
    dict(type="PadToCentre", size=train_size),
    dict(type="PackInputs"),
]
test_pipeline = [
    dict(type="LoadImageFromFile"),
    dict(type="ResizeToFit", size=input_size),
    dict(type="PadToCentre", size=input_size),
    dict(type="PackInputs"),
]

dataset = dict(type="CustomDataset", data_root=data_root, classes=classes, with_label=True)
train_dataloader = dict(
    batch_size=16,
    num_workers=0,
    sampler=dict(type="DefaultSampler", shuffle=True),
    dataset=dict(data_prefix="train", pipeline=train_pipeline, **dataset),
)
# The same pictures at full size: batch-norm statistics are re-estimated on them after training.
statistics_dataloader = dict(
    batch_size=8,
    num_workers=0,
    sampler=dict(type="DefaultSampler", shuffle=True),
    dataset=dict(data_prefix="train", pipeline=test_pipeline, **dataset),
)
test_dataloader = dict(
    batch_size=8,
    num_workers=0,
    sampler=dict(type="DefaultSampler", shuffle=False),
    dataset=dict(data_prefix="val", pipeline=test_pipeline, **dataset),
)
test_evaluator = dict(type="Accuracy", topk=(1,))
test_cfg = dict()

optim_wrapper = dict(optimizer=dict(type="AdamW", lr=1e-3, weight_decay=0.01))
train_cfg = dict(by_epoch=False, max_iters=36)
# The rate falls to nothing, so that the last steps settle the weights instead of moving them about.
param_scheduler = dict(type="CosineAnnealingLR", T_max=36, eta_min=1e-6, by_epoch=False)
statistics_images = 40

default_hooks = dict(
    timer=dict(type="IterTimerHook"),
    logger=dict(type="LoggerHook", interval=10, log_metric_by_epoch=False),
    param_scheduler=dict(type="ParamSchedulerHook"),
    checkpoint=None,
    sampler_seed=dict(type="DistSamplerSeedHook"),
)
log_processor = dict(by_epoch=False)
log_level = "WARNING"
randomness = dict(seed=3, deterministic=False)
