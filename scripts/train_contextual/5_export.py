import torch,sys,shutil,os,numpy as np,json,time
sys.path.insert(0,'.')
from transformers import BertModel
src,dst=sys.argv[1],sys.argv[2]
m=BertModel.from_pretrained(src,add_pooling_layer=False,attn_implementation='eager').eval()
class W(torch.nn.Module):
    def __init__(s): super().__init__(); s.m=m
    def forward(s,ids):
        mask=(ids!=1)
        bias=(1.0-mask.float())[:,None,None,:]*-1e4
        e=s.m.embeddings(input_ids=ids,token_type_ids=torch.zeros_like(ids),position_ids=torch.arange(ids.shape[1])[None])
        h=e
        for l in s.m.encoder.layer:
            a=l.attention.self; B,L,H=h.shape; nh=12; hd=H//nh
            f=lambda x:x.view(B,L,nh,hd).transpose(1,2)
            q,k,v=f(a.query(h)),f(a.key(h)),f(a.value(h))
            p=torch.softmax(q@k.transpose(-1,-2)/hd**.5+bias,-1)
            c=(p@v).transpose(1,2).reshape(B,L,H)
            h=l.attention.output.LayerNorm(l.attention.output.dense(c)+h)
            h=l.output.LayerNorm(l.output.dense(torch.nn.functional.gelu(l.intermediate.dense(h)))+h)
        w=mask.float()[...,None]
        z=(h*w).sum(1)/w.sum(1)
        return torch.nn.functional.normalize(z,dim=-1)
w=W()
ids=torch.randint(4,1000,(2,9))
os.makedirs(dst,exist_ok=True)
with torch.no_grad():
    d=m(input_ids=ids,attention_mask=torch.ones(2,9)).last_hidden_state.mean(1); d=torch.nn.functional.normalize(d,dim=-1)
    print('same',(w(ids)-d).abs().max())
torch.onnx.export(w,(ids,),dst+'/fp32.onnx',input_names=['ids'],output_names=['vectors'],dynamic_axes={'ids':{0:'b',1:'l'},'vectors':{0:'b'}},opset_version=17,dynamo=False)
from onnxruntime.quantization import quantize_dynamic,QuantType
quantize_dynamic(dst+'/fp32.onnx',dst+'/model.onnx',weight_type=QuantType.QInt8,per_channel=True,op_types_to_quantize=['MatMul','Gather','Gemm'])
shutil.copy(src+'/tokenizer.json',dst+'/tokenizer.json')
for f in os.listdir(dst): print(f,os.path.getsize(dst+'/'+f)/1e6)
from indexer import contextual
from pathlib import Path
e=contextual.ContextualEncoder(Path(dst))
from e5lib import *
tk=Tokenizer.from_file(src+'/tokenizer.json')
t=['住民票の写しを郵送で取りたい','引っ越したので粗大ごみを出したいのですがいくらかかりますか','年金']*20
a=encode(m,tk,t); t0=time.time(); b=e.encode(t,48); t1=time.time()-t0
print('cos',(a*b).sum(1)[:3],'ms/text',t1/60*1000); t0=time.time()
for x in t: e.encode([x],48)
print('single ms',(time.time()-t0)/60*1000)
